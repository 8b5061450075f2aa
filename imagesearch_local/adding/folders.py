"""Pictures in files and folders, with the words in the files beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from imagesearch.errors import InvalidSidecar
from imagesearch.records import SIDECAR_SUFFIX
from imagesearch.words import sidecar_object
from imagesearch_local.adding.sources import NothingToAdd, Source, by_key, file_content, is_picture, sidecar_of


def find_sources(paths: Iterable[Path], prefix: str = "") -> list[Source]:
    """The pictures at and under the paths, by key (relative to the path they were found under), hidden ones left out.

    Raises NothingToAdd where a path does not exist or two pictures would get one key.
    """
    return by_key(source for path in paths for source in _under(path, prefix))


def file_source(path: Path, key: str) -> Source:
    return Source(str(path), key, str(path.resolve()), partial(file_content, path), partial(words_of, path))


def words_of(picture: Path) -> bytes | None:
    """The sidecar for a picture, from the first that exists of `X.png.json`, `X.json` and `X.txt` (its first line).

    Raises ValueError where a JSON file is not of the form {caption, tags, attributes}.
    """
    for path in (picture.with_name(picture.name + SIDECAR_SUFFIX), picture.with_suffix(SIDECAR_SUFFIX)):
        if path.is_file():
            try:
                return sidecar_of(_json(path))
            except ValueError as error:
                raise ValueError(f"{path.name}: {error}") from error
    text = picture.with_suffix(".txt")
    if not text.is_file():
        return None
    try:
        caption = text.read_text("utf-8-sig").partition("\n")[0].strip()
    except UnicodeError as error:
        raise ValueError(f"{text.name} is no text in UTF-8") from error
    return sidecar_of({"caption": caption}) if caption else None


def _under(path: Path, prefix: str) -> Iterator[Source]:
    if not path.exists():
        raise NothingToAdd(f"{path} does not exist")
    for found in _pictures(path):
        name = found.name if found == path else found.relative_to(path).as_posix()
        yield file_source(found, prefix + name)


def _pictures(path: Path) -> Iterable[Path]:
    if path.is_file():
        return (path,) if is_picture(path.name) else ()
    return (found for found in path.rglob("*") if _wanted(found.relative_to(path)) and found.is_file())


def _wanted(name: Path) -> bool:
    return is_picture(name.name) and not any(part.startswith(".") for part in name.parts)


def _json(path: Path) -> dict[str, Any]:
    try:
        return sidecar_object(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except InvalidSidecar as error:
        raise ValueError(str(error)) from error
    except UnicodeError as error:
        raise ValueError("it is no text in UTF-8") from error
