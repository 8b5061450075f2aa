"""Hypothesis strategies for what no schema describes: broken pictures, forged cursors, options that are none."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image


@dataclass(frozen=True, slots=True)
class Known:
    """What a caller of this library may know."""

    ids: tuple[str, ...]
    doomed: tuple[str, ...]
    """Ids of images that may be deleted."""
    cursors: tuple[str, ...]
    """Of every kind: they work, but not everywhere."""
    dead_cursors: tuple[str, ...]
    """Expired, or of another secret."""
    words: tuple[str, ...]


@cache
def small_pictures() -> tuple[bytes, ...]:
    """One of each format and colour mode that is likely to make trouble."""
    noise = np.random.default_rng(20261122).integers(0, 256, (24, 40, 3), np.uint8)
    colours = Image.fromarray(noise)
    frames = [colours.rotate(angle) for angle in (90, 180)]
    saved: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (colours, "PNG", {}),
        (colours.convert("RGBA"), "PNG", {}),
        (colours.convert("P"), "PNG", {"transparency": 0}),
        (colours.convert("I;16"), "PNG", {}),
        (colours.convert("1"), "PNG", {}),
        (colours.resize((1, 1)), "PNG", {}),
        (colours.resize((900, 1)), "PNG", {}),
        (colours, "JPEG", {"quality": 60}),
        (colours, "JPEG", {"progressive": True}),
        (colours.convert("CMYK"), "JPEG", {}),
        (colours, "WEBP", {}),
        (colours, "WEBP", {"save_all": True, "append_images": frames}),
        (colours.convert("P"), "GIF", {"save_all": True, "append_images": [frame.convert("P") for frame in frames]}),
        (colours, "TIFF", {"save_all": True, "append_images": frames, "compression": "tiff_lzw"}),
        (colours.convert("F"), "TIFF", {}),
        (colours, "AVIF", {}),
        (colours, "BMP", {}),
    ]
    return tuple(_saved(*each) for each in saved)


def _saved(picture: Image.Image, name: str, options: Mapping[str, Any]) -> bytes:
    written = io.BytesIO()
    picture.save(written, name, **options)
    return written.getvalue()


@st.composite
def pictures(draw: st.DrawFn) -> bytes:
    """Whole, with some bytes changed, cut short, with more behind, or none at all."""
    data = bytearray(draw(st.sampled_from(small_pictures())))
    match draw(st.sampled_from(["whole", "changed", "changed", "cut", "longer", "none"])):
        case "changed":
            for _ in range(draw(st.integers(1, 30))):
                data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
        case "cut":
            del data[draw(st.integers(0, len(data))) :]
        case "longer":
            data += draw(st.binary(max_size=200))
        case "none":
            data = bytearray(draw(st.binary(max_size=64)))
    return bytes(data)


def encoded_pictures() -> st.SearchStrategy[str]:
    """In base64, or nearly."""
    right = pictures().map(lambda data: base64.b64encode(data).decode())
    wrong = st.one_of(
        right.map(lambda text: text[:-1]),
        right.map(lambda text: text.replace("A", "-")),
        right.map(lambda text: f"data:image/png;base64,{text}"),
        right.map(lambda text: "\n".join([text[:20], text[20:]])),
        st.text(max_size=30),
    )
    return st.one_of(right, right, right, wrong)


def junk() -> st.SearchStrategy[Any]:
    """What stands where something else is wanted."""
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([2**31, 2**53 + 1, 2**64, -(2**64), 10**400, 1e308, -0.0, 5e-324]),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(
            [
                "\0",
                "a\0b",
                "\ud800",
                "\u202e",
                "x" * 3_000,
                "'; drop table records; --",
                "%00",
                "../../etc/passwd",
                "NaN",
            ]
        ),
    )
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )


def texts(known: Known) -> st.SearchStrategy[str]:
    odd = [
        "can't",
        "c++",
        '"',
        "NOT",
        "AND OR",
        "*",
        "a*",
        "caption:cat",
        "(",
        "^",
        "{}",
        "   ",
        "!!!",
        "éà 中文 🐸",
        "ﬁ",
        "\u0301",
    ]
    words = st.lists(st.sampled_from([*known.words, *odd]), max_size=6).map(" ".join)
    return st.one_of(words, words, st.text(max_size=40), st.just("a b " * 200))


def ids(known: Known) -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(known.ids),
        st.sampled_from(known.ids),
        st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26),
        st.sampled_from(["", "a" * 26, "A" * 26, "..", "%2e%2e", "a" * 300, "é", "\0", "a/b", "similar", "null"]),
    )


def cursors(known: Known) -> st.SearchStrategy[str]:
    """Good ones, dead ones, and good ones tampered with."""
    good = st.sampled_from(known.cursors)
    return st.one_of(good, st.sampled_from(known.dead_cursors), tampered(good), st.text(max_size=60))


@st.composite
def tampered(draw: st.DrawFn, tokens: st.SearchStrategy[str]) -> str:
    token = draw(tokens)
    at = draw(st.integers(0, len(token) - 1))
    match draw(st.sampled_from(["flip", "cut", "drop", "double", "swap", "case"])):
        case "flip":
            return token[:at] + draw(st.sampled_from("AZaz09-_.=~ \0é")) + token[at + 1 :]
        case "cut":
            return token[:at]
        case "drop":
            return token[:at] + token[at + 1 :]
        case "double":
            return token + token[at:]
        case "swap":
            # The payload of one with the signature of another.
            return token.rpartition(".")[0] + "." + draw(tokens).rpartition(".")[2]
        case _:
            return token.swapcase()


def _numbers(low: float, high: float) -> st.SearchStrategy[Any]:
    return st.integers(int(low), int(high)) | st.floats(low, high)


def _ranges(values: st.SearchStrategy[Any], first: str, last: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={first: values, last: values})


def _filters(known: Known) -> dict[str, st.SearchStrategy[Any]]:
    tags = st.lists(st.sampled_from([*known.words, "Cat", "İ", "x"]), max_size=3)
    times = st.sampled_from(
        [
            "2026-01-01T00:00:00Z",
            "2026-01-01",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59+14:00",
            "2026-02-30T00:00:00Z",
        ]
    ) | st.datetimes().map(lambda time: time.isoformat() + "Z")
    sides = _ranges(_numbers(-1, 5_000), "min", "max")
    return {
        "tags": st.fixed_dictionaries({}, optional={"all": tags, "any": tags, "none": tags}),
        "tagged": st.booleans(),
        "prefix": st.sampled_from(["", "animals/", "%", "_", "é", "\0", "a" * 1_100]),
        "uploaded": _ranges(times, "from", "to"),
        "taken": _ranges(times, "from", "to"),
        "width": sides,
        "height": sides,
        "orientation": st.lists(st.sampled_from(["landscape", "portrait", "square"]), max_size=4),
        "format": st.lists(st.sampled_from(["JPEG", "PNG", "jpeg", "EXE"]), max_size=3),
        "camera": st.lists(st.text(max_size=10), max_size=3),
        "attributes": st.dictionaries(
            st.sampled_from(["legs", "place", "a.b", "x" * 70, "", '"', "[0]"]),
            st.one_of(junk(), _ranges(_numbers(-5, 5), "min", "max"), st.lists(junk(), max_size=3)),
            max_size=3,
        ),
        "near": st.fixed_dictionaries(
            {"latitude": _numbers(-91, 91), "longitude": _numbers(-181, 181), "kilometres": _numbers(-1, 30_000)}
        ),
    }


def odd_options(known: Known) -> dict[str, st.SearchStrategy[Any]]:
    """Each nearly as it should be, and sometimes a little beyond."""
    shares = _numbers(-0.1, 1.1)
    sample = st.one_of(
        st.fixed_dictionaries({"image_id": ids(known)}, optional={"weight": _numbers(-1, 1_001)}),
        st.fixed_dictionaries({"image_id": st.sampled_from(known.ids)}),
        st.fixed_dictionaries({"image": encoded_pictures()}, optional={"weight": _numbers(0, 10)}),
    )
    return {
        "text": texts(known),
        "image": encoded_pictures(),
        "image_id": ids(known),
        "crop": st.fixed_dictionaries(dict.fromkeys(("left", "top", "right", "bottom"), shares)),
        "like": st.lists(sample, max_size=3),
        "unlike": st.lists(sample, max_size=3),
        "weights": st.dictionaries(st.sampled_from(["text", "semantic", "colour", ""]), _numbers(-1, 5), max_size=3),
        "fusion": st.sampled_from(["weighted", "rrf", "RRF"]),
        "min_score": shares,
        "collapse_duplicates": st.booleans(),
        "diversity": shares,
        "expand_visually": st.booleans(),
        "explain": st.booleans(),
        "sort": st.sampled_from(["relevance", "newest", "oldest", "taken_newest", "taken_oldest", "random"]),
        "filters": some(_filters(known), 3),
        "facets": st.lists(
            st.sampled_from(
                ["tags", "format", "orientation", "camera", "year", "attributes.legs", "attributes.", "caption"]
            ),
            max_size=8,
        ),
        "limit": st.integers(-1, 102),
        "cursor": cursors(known),
    }


def sensible_options(known: Known) -> dict[str, st.SearchStrategy[Any]]:
    """Each as it should be; whether they go together is left to chance."""
    shares = _numbers(0, 1)
    whole = st.sampled_from(small_pictures()).map(lambda data: base64.b64encode(data).decode())
    samples = st.lists(
        st.fixed_dictionaries({"image_id": st.sampled_from(known.ids)}, optional={"weight": _numbers(1, 10)})
        | st.fixed_dictionaries({"image": whole}),
        max_size=3,
    )
    sides = st.integers(0, 400)
    tags = st.lists(st.sampled_from(known.words), max_size=2)
    return {
        "text": texts(known).map(lambda text: text[:1_000]),
        "image": whole,
        "image_id": st.sampled_from(known.ids),
        "crop": st.builds(
            lambda left, top: {"left": left, "top": top, "right": left + 0.5, "bottom": top + 0.5},
            st.floats(0, 0.5),
            st.floats(0, 0.5),
        ),
        "like": samples,
        "unlike": samples,
        "weights": st.dictionaries(st.sampled_from(["text", "semantic"]), _numbers(0, 5)),
        "fusion": st.sampled_from(["weighted", "rrf"]),
        **dict.fromkeys(("min_score", "diversity"), shares),
        **dict.fromkeys(("collapse_duplicates", "expand_visually", "explain"), st.booleans()),
        "sort": st.sampled_from(["relevance", "newest", "oldest", "taken_newest", "taken_oldest"]),
        "filters": st.fixed_dictionaries(
            {},
            optional={
                "tagged": st.booleans(),
                "prefix": st.sampled_from(["", "animals/", "odd", "%", "_", "é"]),
                "width": sides.map(lambda smallest: {"min": smallest}),
                "height": sides.map(lambda largest: {"max": largest}),
                "orientation": st.lists(st.sampled_from(["landscape", "portrait", "square"]), max_size=3),
                "format": st.lists(st.sampled_from(["JPEG", "PNG"]), max_size=2),
                "tags": st.fixed_dictionaries({}, optional=dict.fromkeys(("all", "any", "none"), tags)),
                "attributes": st.dictionaries(
                    st.sampled_from(["legs", '"', "[0]", "a.b"]), st.text(max_size=9), max_size=2
                ),
            },
        ),
        "facets": st.lists(st.sampled_from(["tags", "format", "orientation", "camera", "year", 'attributes."'])),
        "limit": st.integers(1, 100),
    }


@st.composite
def some(
    draw: st.DrawFn, options: Mapping[str, st.SearchStrategy[Any]], most: int, *, odd: bool = True
) -> dict[str, Any]:
    """A few of the options; where `odd`, now and then with something else in their place."""
    names = draw(st.lists(st.sampled_from(sorted(options)), max_size=most, unique=True))
    return {name: draw(junk() if odd and draw(st.integers(0, 11)) == 0 else options[name]) for name in names}


def as_json(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()
