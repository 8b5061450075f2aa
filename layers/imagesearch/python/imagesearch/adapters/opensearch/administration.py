"""Indexes as they are made and replaced: a generation is a physical index with an alias of its own.

A generation N is the index `images-<space_id>-<N>` with the alias `images-g<N>`, through which its functions write and
read. The alias `images` stands on the current generation's, for people's tools (see docs/decisions/0008). `library` in
place of `images` lets several libraries share a cluster. Of the connection only the server matters, not its alias.
Every function may raise IndexUnavailable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagesearch.adapters.opensearch.client import Connection, Json, quoted
from imagesearch.adapters.opensearch.documents import SCRIPT_ID
from imagesearch.adapters.opensearch.failures import IndexRefused
from imagesearch.adapters.opensearch.mapping import SCHEMA_VERSION, SLOW_LOGS, index_body
from imagesearch.adapters.opensearch.shape import MAKE_ANOTHER, Shape, shape_of
from imagesearch.errors import IndexMissing, IndexOutdated, InvalidRequest, ModelMismatch
from imagesearch.manifest import DescriptorSpec
from imagesearch.settings import IndexSettings

LIBRARY = "images"
_SCRIPT = Path(__file__).with_name("write.painless")
_SLOW_SECONDS = 60.0
"""Of changes to the cluster's state, which all nodes must take."""
_ALONE = {"is_write_index": True}
"""How the alias of a generation stands on its index. OpenSearch refuses a second one that claims the same: of two
models that take one number at once, one comes too late."""
_ADJUSTABLE = ("number_of_replicas", "refresh_interval", *SLOW_LOGS)


@dataclass(frozen=True, slots=True)
class Generation:
    """One of them, as it stands."""

    number: int
    index: str
    """The physical index's name."""
    space_id: str
    schema: int
    created: str
    """ISO 8601."""
    documents: int
    """Records, live or not, that searches see."""
    bytes: int
    """On disk, replicas included."""
    health: str
    """`green`; `yellow` where replicas, `red` where shards are missing."""
    current: bool
    """Whether the alias `images` stands on it."""


def physical_name(number: int, space_id: str, *, library: str = LIBRARY) -> str:
    return f"{library}-{space_id}-{number}"


def alias_name(number: int, *, library: str = LIBRARY) -> str:
    """What the functions of a generation have in IMAGESEARCH_INDEX_URL."""
    return f"{library}-g{number}"


def create(
    connection: Connection,
    number: int,
    space_id: str,
    descriptors: Iterable[DescriptorSpec],
    settings: IndexSettings,
    *,
    library: str = LIBRARY,
) -> Shape:
    """Make a generation, or see that it was made so already; any number may do so at once.

    The first one of a library becomes the current one. What settings say of replicas and refreshing, which can be
    changed of an index, is put into force. Raises ModelMismatch where the generation is of another model,
    IndexOutdated where it was made by another version of the product or with other settings.
    """
    specs = list(descriptors)
    name, alias = physical_name(number, space_id, library=library), alias_name(number, library=library)
    _check_space(number, space_id, _standing_on(connection, alias), library)
    store_script(connection)
    body = index_body(space_id, specs, settings)
    body["mappings"]["_meta"]["created"] = datetime.now(UTC).isoformat(timespec="seconds")
    body["aliases"] = {alias: _ALONE}
    if not _exists(connection, name):
        try:
            connection.request("PUT", f"/{quoted(name)}", body, attempts=1, seconds=_SLOW_SECONDS)
        except IndexRefused:
            _check_space(number, space_id, _standing_on(connection, alias), library)
            if not _exists(connection, name):  # else somebody else was faster
                raise
    if not _standing_on(connection, alias):
        _change_aliases(connection, [{"add": {"index": name, "alias": alias, **_ALONE}}])
    shape = verify_shape(connection, number, space_id, specs, settings, library=library)
    _adjust(connection, name, body["settings"]["index"])
    _make_current_if_none_is(connection, name, library)
    return shape


def check_model(connection: Connection, number: int, space_id: str, *, library: str = LIBRARY) -> None:
    """Raises ModelMismatch where the generation is there, and of another model."""
    _check_space(number, space_id, _standing_on(connection, alias_name(number, library=library)), library)


def store_script(connection: Connection) -> None:
    """Store the script that every write runs through; a later version of it has another name."""
    body = {"script": {"lang": "painless", "source": _SCRIPT.read_text("utf-8")}}
    connection.request("PUT", f"/_scripts/{SCRIPT_ID}", body, seconds=_SLOW_SECONDS)


def verify_shape(
    connection: Connection,
    number: int,
    space_id: str,
    descriptors: Iterable[DescriptorSpec],
    settings: IndexSettings,
    *,
    library: str = LIBRARY,
) -> Shape:
    """See that a generation is as it would be made now.

    Raises IndexMissing, ModelMismatch, and IndexOutdated, which says what differs.
    """
    alias = alias_name(number, library=library)
    standing = _standing_on(connection, alias)
    if not standing:
        raise IndexMissing(f"There is no generation {number}: run manage_index (locally: imagesearch index create).")
    _check_space(number, space_id, standing, library)
    ((name, found),) = connection.request("GET", f"/{quoted(alias)}").items()
    shape = shape_of(name, found["mappings"])
    if shape is None or shape.schema != SCHEMA_VERSION:
        raise IndexOutdated(
            f"Generation {number} was made by another version of imagesearch"
            f" (its schema is {shape and shape.schema}, not {SCHEMA_VERSION}): {MAKE_ANOTHER}."
        )
    wanted = _lasting(index_body(space_id, descriptors, settings))
    is_now = _lasting(found)
    if different := sorted(what for what in wanted.keys() | is_now.keys() if wanted.get(what) != is_now.get(what)):
        (what, *_) = different
        raise IndexOutdated(
            f"Generation {number} was made with other settings ({what}: {is_now.get(what)}, not {wanted.get(what)}),"
            f" which can't be changed: {MAKE_ANOTHER}."
        )
    return shape


def current(connection: Connection, *, library: str = LIBRARY) -> int | None:
    """The number of the generation on which the alias `images` stands."""
    numbers = [_number(name, library) for name in _standing_on(connection, library)]
    return next((number for number in numbers if number is not None), None)


def switch(connection: Connection, number: int, *, library: str = LIBRARY) -> None:
    """Make a generation the current one, at one stroke. Raises IndexMissing where there is none of that number."""
    standing = _standing_on(connection, alias_name(number, library=library))
    if not standing:
        raise IndexMissing(f"There is no generation {number}.")
    (target,) = standing
    before = [name for name in _standing_on(connection, library) if name != target]
    _change_aliases(connection, [*_leaving(before, library), {"add": {"index": target, "alias": library}}])


def drop(connection: Connection, number: int, *, library: str = LIBRARY) -> None:
    """Delete a generation with all that is in it. Raises InvalidRequest for the current one, and IndexMissing."""
    standing = _standing_on(connection, alias_name(number, library=library))
    if not standing:
        raise IndexMissing(f"There is no generation {number}.")
    if set(standing) & set(_standing_on(connection, library)):
        raise InvalidRequest(f"Generation {number} is the current one: switch to another first.")
    for name in standing:
        connection.request("DELETE", f"/{quoted(name)}", attempts=1, seconds=_SLOW_SECONDS)


def exists(connection: Connection, *, library: str = LIBRARY) -> bool:
    """Whether anything has a library's name: its alias, or an index of any of its generations."""
    indexes = connection.request("GET", f"/{quoted(library)}-*/_alias")
    return _exists(connection, library) or any(_number(name, library) is not None for name in indexes)


def generations(connection: Connection, *, library: str = LIBRARY) -> list[Generation]:
    """All generations of a library, by number."""
    found = connection.request("GET", f"/{quoted(library)}-*/_mapping")
    shapes = [shape_of(name, each["mappings"]) for name, each in found.items() if _number(name, library) is not None]
    standing = set(_standing_on(connection, library))
    listed = [_generation(connection, shape, shape.index in standing, library) for shape in shapes if shape]
    return sorted(listed, key=lambda generation: generation.number)


def _generation(connection: Connection, shape: Shape, is_current: bool, library: str) -> Generation:
    path = quoted(shape.index)
    (row,) = connection.request(
        "GET", f"/_cat/indices/{path}", params={"format": "json", "bytes": "b", "h": "health,store.size"}
    )
    return Generation(
        number=_number(shape.index, library) or 0,
        index=shape.index,
        space_id=shape.space_id,
        schema=shape.schema,
        created=shape.created,
        # `_cat` would count each region of an image as a document of its own.
        documents=connection.request("GET", f"/{path}/_count")["count"],
        bytes=int(row["store.size"] or 0),
        health=row["health"],
        current=is_current,
    )


def _adjust(connection: Connection, name: str, wanted: Mapping[str, Any]) -> None:
    """Put those settings into force that differ and can."""
    flat = {"flat_settings": "true"}
    ((_, found),) = connection.request("GET", f"/{quoted(name)}/_settings", params=flat).items()
    is_now = found["settings"]
    different = {what: wanted[what] for what in _ADJUSTABLE if is_now.get(f"index.{what}") != str(wanted[what])}
    if different:
        connection.request("PUT", f"/{quoted(name)}/_settings", {"index": different}, seconds=_SLOW_SECONDS)


def _make_current_if_none_is(connection: Connection, name: str, library: str) -> None:
    if _standing_on(connection, library):
        return
    _change_aliases(connection, [{"add": {"index": name, "alias": library}}])
    # Where two generations were the first at once, the lower number stays.
    standing = sorted(_standing_on(connection, library), key=lambda index: _number(index, library) or 0)
    if standing[1:]:
        _change_aliases(connection, _leaving(standing[1:], library))


def _leaving(names: Iterable[str], alias: str) -> list[Json]:
    return [{"remove": {"index": name, "alias": alias, "must_exist": False}} for name in names]


def _check_space(number: int, space_id: str, standing: Iterable[str], library: str) -> None:
    wanted = physical_name(number, space_id, library=library)
    if others := [name for name in standing if name != wanted]:
        raise ModelMismatch(
            f"Generation {number} is the index {others[0]}, of another model than {space_id}: {MAKE_ANOTHER}."
        )


def _standing_on(connection: Connection, alias: str) -> list[str]:
    """The indexes behind an alias."""
    found = connection.request("GET", f"/_alias/{quoted(alias)}", absent_ok=True)
    return sorted(found or ())


def _exists(connection: Connection, index: str) -> bool:
    return connection.request("GET", f"/{quoted(index)}/_settings", absent_ok=True) is not None


def _change_aliases(connection: Connection, actions: list[Json]) -> None:
    connection.request("POST", "/_aliases", {"actions": actions}, attempts=1, seconds=_SLOW_SECONDS)


def _number(index: str, library: str) -> int | None:
    match = re.fullmatch(rf"{re.escape(library)}-[^-]+-(\d+)", index)
    return int(match[1]) if match else None


def _lasting(body: Mapping[str, Any]) -> dict[str, Any]:
    """What can't be changed of an index once it is made, as told to make it or as it tells itself."""
    fields = body["mappings"]["properties"]
    single, several = (fields.get(kind, {}).get("properties", {}) for kind in ("descriptor", "regions"))
    vectors = {**single, **{name: field["properties"]["vector"] for name, field in several.items()}}
    lasting: dict[str, Any] = {"shards": int(body["settings"]["index"]["number_of_shards"])}
    for name, vector in vectors.items():
        method = vector["method"]
        parameters = method["parameters"]
        lasting |= {
            f"{name}.dimension": vector["dimension"],
            f"{name}.engine": method["engine"],
            f"{name}.m": parameters["m"],
            f"{name}.ef_construction": parameters["ef_construction"],
            f"{name}.quantization": parameters.get("encoder", {}).get("name", "none"),
        }
    return lasting
