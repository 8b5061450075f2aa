"""Hypothesis strategies for requests that no schema describes, to every route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from hypothesis import strategies as st
from odd_values import Known, as_json, cursors, ids, junk, odd_options, pictures, sensible_options, some, texts

JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class OddRequest:
    """As it goes out."""

    method: str
    target: str
    """Path below the stage, and query, percent-encoded or not."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def searches(known: Known) -> st.SearchStrategy[OddRequest]:
    """`POST /search` with options that may contradict each other, some of them junk."""
    return some(odd_options(known), 5).map(lambda query: OddRequest("POST", "/search", JSON_TYPE, as_json(query)))


def sensible_searches(known: Known) -> st.SearchStrategy[OddRequest]:
    """`POST /search` with options that are right, each by itself."""
    queries = some(sensible_options(known), 6, odd=False)
    return queries.map(lambda query: OddRequest("POST", "/search", JSON_TYPE, as_json(query)))


def raw_searches(known: Known) -> st.SearchStrategy[OddRequest]:
    """`POST /search` with the picture itself, its type true or not, and options in the query string."""
    types = st.sampled_from(
        ["image/png", "image/jpeg", "image/", "image/*", "IMAGE/PNG", "image/png; charset=x", "image/svg+xml"]
    )
    return st.builds(
        lambda data, kind, query: OddRequest("POST", f"/search{query}", {"Content-Type": kind}, data),
        pictures(),
        types,
        query_strings(known),
    )


def query_strings(known: Known) -> st.SearchStrategy[str]:
    """Repeated, unknown and contradictory parameters; percent-encoding that is none."""
    times = ["2026-01-01T00:00:00Z", "2026-01-01", "-1", "9" * 30, "10000-01-01T00:00:00Z"]
    flags = st.sampled_from(["true", "false", "1", "yes", "", "TRUE", "null"])
    numbers = st.sampled_from(
        [
            "0",
            "1",
            "5",
            "100",
            "101",
            "-1",
            "1.5",
            "1e3",
            "9" * 400,
            "NaN",
            "Infinity",
            "\uff10",
            "",
            "+5",
            " 5",
            "0x10",
        ]
    )
    words = texts(known)
    values: dict[str, st.SearchStrategy[str]] = {
        **dict.fromkeys(
            ("q", "tag", "any_tag", "not_tag", "prefix", "camera", "format", "colour", "image", "text"), words
        ),
        **dict.fromkeys(
            ("min_width", "max_width", "min_height", "max_height", "limit", "min_score", "diversity"), numbers
        ),
        **dict.fromkeys(("taken_from", "taken_to", "uploaded_from", "uploaded_to"), st.sampled_from(times)),
        **dict.fromkeys(("tagged", "collapse_duplicates", "expand_visually", "explain"), flags),
        "orientation": st.sampled_from(["landscape", "square", "LANDSCAPE", ""]),
        "near": st.sampled_from(
            ["48.8,2.3,10", "48.8,2.3", "a,b,c", "91,0,1", "0,0,-1", "nan,0,1", "1,2,3,4", "", ",,"]
        ),
        "attribute": st.sampled_from(
            ["legs:4", "legs", ":", "legs:", ":4", "a:b:c", "place:" + "x" * 2_000, "legs:NaN"]
        ),
        "facet": st.sampled_from(["tags", "year", "attributes.legs", "caption", ""]),
        "sort": st.sampled_from(["newest", "relevance", "taken_oldest", "random", ""]),
        "fusion": st.sampled_from(["rrf", "weighted", "x"]),
        "cursor": cursors(known),
    }
    pairs = st.lists(
        st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(st.just(name), values[name])), max_size=5
    )
    encoded = pairs.map(lambda said: "?" + urlencode([(name, value) for name, value in said], errors="surrogatepass"))
    rubbish = st.sampled_from(
        ["?", "?%", "?q=%ff%fe", "?q=%zz", "?&&&", "?=&=", "?q=%00", "?q[]=1", "?q=a;b=c", "?%71=cat", "?q=a+b%2Bc"]
    )
    return st.one_of(encoded, encoded, encoded, st.just(""), rubbish)


def gets(known: Known) -> st.SearchStrategy[OddRequest]:
    """Every route that is read, with a query string that may be another's."""
    routes = st.sampled_from(
        ["/search", "/search", "/suggest", "/facets", "/rejected", "/duplicates", "/health", "/openapi.json"]
    )
    images = st.builds(
        lambda name, tail: f"/images/{quote(name, safe='%')}{tail}", ids(known), st.sampled_from(["", "/similar"])
    )
    suggested = st.builds(lambda q: f"/suggest?{urlencode({'q': q}, errors='surrogatepass')}", texts(known))
    return st.one_of(
        st.builds(lambda path, query: OddRequest("GET", path + query), routes | images, query_strings(known)),
        (suggested | images).map(lambda target: OddRequest("GET", target)),
    )


def paged(known: Known) -> st.SearchStrategy[OddRequest]:
    """Every route that takes a cursor, with one that may be another's, or nobody's."""
    routes: list[Callable[[str], OddRequest]] = [
        lambda cursor: OddRequest("POST", "/search", JSON_TYPE, as_json({"cursor": cursor, "limit": 3})),
        lambda cursor: OddRequest("GET", f"/search?cursor={quote(cursor, errors='surrogatepass')}"),
        lambda cursor: OddRequest("GET", f"/rejected?cursor={quote(cursor, errors='surrogatepass')}"),
        lambda cursor: OddRequest("GET", f"/duplicates?cursor={quote(cursor, errors='surrogatepass')}"),
    ]
    return st.builds(lambda make, cursor: make(cursor), st.sampled_from(routes), cursors(known))


def edits(known: Known) -> st.SearchStrategy[OddRequest]:
    """Words that are written, uploads that are prepared, images that are deleted; some of each by mistake."""
    tags = st.lists(st.text(max_size=12) | st.sampled_from(known.words), max_size=4)
    words = some(
        {
            "caption": texts(known),
            "tags": tags,
            "attributes": st.dictionaries(st.text(max_size=8), st.text(max_size=9) | st.floats() | junk(), max_size=2),
        },
        3,
    )
    upload = some(
        {
            "filename": st.sampled_from(["cat.png", "../../x", "\0", "é" * 130, ".json", "a.png.json", " "])
            | st.text(max_size=20),
            "content_type": st.sampled_from(["image/png", "image/heic", "text/html", "IMAGE/PNG"]),
            "caption": texts(known),
            "tags": tags,
        },
        4,
    )
    tagged = st.sampled_from(['"x"', "*", "", 'W/"x"', "é".encode().decode("latin-1"), "x" * 5_000])
    no_match: dict[str, str] = {}
    matches = st.one_of(st.just(no_match), st.just({"If-Match": "*"}), tagged.map(lambda tag: {"If-Match": tag}))
    paths, doomed = (
        ids(those).map(lambda name: f"/images/{quote(name, safe='%')}")
        for those in (known, replace(known, ids=known.doomed))
    )
    return st.one_of(
        st.builds(
            lambda path, match, body: OddRequest("PATCH", path, {**JSON_TYPE, **match}, as_json(body)),
            paths,
            matches,
            words,
        ),
        upload.map(lambda body: OddRequest("POST", "/uploads", JSON_TYPE, as_json(body))),
        doomed.map(lambda path: OddRequest("DELETE", path)),
    )


def bodies_that_are_hardly_json(known: Known) -> st.SearchStrategy[OddRequest]:
    """Nested without end, with numbers without end, keys twice, half characters, NULs, another encoding; or no JSON."""
    texts_of_json = st.one_of(
        st.sampled_from(
            [
                b"[" * 50_000,
                b'{"text":' * 2_000 + b"1" + b"}" * 2_000,
                b'{"limit":' + b"9" * 10_000 + b"}",
                b'{"limit":1e999}',
                b'{"min_score":NaN}',
                b'{"min_score":-Infinity}',
                b'{"text":"a","text":"b","text":7}',
                b'{"text":"\\ud800"}',
                b'{"text":"\xff\xfe"}',
                b'\xef\xbb\xbf{"text":"cat"}',
                '{"text":"cat"}'.encode("utf-16"),
                b'{"text":"a\\u0000b"}',
                b"\0",
                b"",
                b" ",
                b"null",
                b"true",
                b'{"text":"cat"}{"text":"cat"}',
                b'{"text":"cat",}',
                b"{'text':'cat'}",
                b'{"__proto__":{},"constructor":1}',
            ]
        ),
        st.binary(max_size=60),
        junk().map(as_json),
    )
    routes = st.sampled_from(
        [
            ("POST", "/search"),
            ("POST", "/search"),
            ("POST", "/uploads"),
            ("PATCH", f"/images/{known.ids[0]}"),
            ("GET", "/search"),
        ]
    )
    types = st.sampled_from(
        [
            "application/json",
            "application/json; charset=latin-1",
            "APPLICATION/JSON",
            "application/jsonx",
            "text/plain",
            "",
            "x" * 2_000,
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/octet-stream",
            "application/json, text/html",
        ]
    )
    return st.builds(
        lambda route, kind, body: OddRequest(
            route[0], route[1], {"Content-Type": kind, "If-Match": "*"} if kind else {}, body
        ),
        routes,
        st.just("application/json") | types,
        texts_of_json,
    )


def routes_that_are_none(known: Known) -> st.SearchStrategy[OddRequest]:
    """Methods and paths that lead nowhere, or nearly somewhere."""
    paths = st.sampled_from(
        [
            "",
            "/",
            "//search",
            "/search/",
            "/Search",
            "/search/../health",
            "/search%2f",
            "/%00",
            "/images",
            "/images/",
            "/docs/",
            "/images/x/similar/y",
            "/search;a=b",
            "/search#x",
            "/api/search",
            "/é",
            "/%ff",
            "/health?x=1",
            "/" + "a/" * 200,
        ]
    )
    methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"])
    real = st.sampled_from(["/search", "/health", "/suggest", "/uploads", f"/images/{known.ids[0]}/similar"])
    return st.builds(OddRequest, methods, paths | real)
