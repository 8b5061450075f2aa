"""The picture in the language of Graphviz."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping

from infra.picture.flows import ACTORS, Flow, flows
from infra.picture.nodes import Node, placed
from infra.picture.reading import Resources

FONT = "Helvetica,Arial,sans-serif"
STAYS = ("#fff4dc", "#c98a1b")
"""Fill and line of what stays."""
COMES_AND_GOES = ("#e6f0fb", "#3a78b8")
ACTOR = ("#f3f3f3", "#8a8a8a")
GROUP_LINE = "#c9ced6"
TEXT = "#22272e"
QUIET = "#68707c"


def dot_of(resources: Resources) -> str:
    """The same text for the same templates. Raises NotPlaced."""
    nodes = placed(resources)
    return "\n".join(_lines(nodes, flows(resources, nodes))) + "\n"


def _lines(nodes: Mapping[str, Node], found: Iterable[Flow]) -> Iterator[str]:
    yield "digraph architecture {"
    yield (
        f'  graph [rankdir=LR, fontname="{FONT}", fontcolor="{QUIET}", fontsize=14, nodesep=0.35, ranksep=0.75, '
        "pad=0.3, splines=spline, labelloc=b, label=<"
        f'<FONT COLOR="{STAYS[1]}">&#9632;</FONT> what stays &#160;&#160; '
        f'<FONT COLOR="{COMES_AND_GOES[1]}">&#9632;</FONT> what comes and goes>];'
    )
    yield f'  node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=13, fontcolor="{TEXT}"];'
    yield f'  edge [fontname="{FONT}", fontsize=11, fontcolor="{QUIET}", color="{QUIET}", arrowsize=0.7];'
    for actor, title in ACTORS.items():
        yield f"  {_quoted(actor)} [label={_quoted(title)}, shape=ellipse, {_coloured(ACTOR)}];"
    by_name = {node.name: node for node in nodes.values()}
    for number, group in enumerate(sorted({node.group for node in by_name.values()})):
        yield f"  subgraph cluster_{number} {{"
        yield f'    label=<<B>{html.escape(group)}</B>>; style=rounded; color="{GROUP_LINE}"; margin=14; labelloc=t;'
        for node in sorted(by_name.values(), key=lambda each: each.name):
            if node.group == group:
                yield f"    {_box(node)}"
        yield "  }"
    for flow in found:
        yield f"  {_quoted(flow.source)} -> {_quoted(flow.target)} [label={_quoted(flow.label)}, dir={flow.way}];"
    yield "}"


def _box(node: Node) -> str:
    service = f'<FONT POINT-SIZE="10" COLOR="{QUIET}">{html.escape(node.service)}</FONT>'
    label = f"<<B>{html.escape(node.title)}</B><BR/>{service}>"
    return f"{_quoted(node.name)} [label={label}, {_coloured(STAYS if node.stays else COMES_AND_GOES)}];"


def _coloured(colours: tuple[str, str]) -> str:
    fill, line = colours
    return f'fillcolor="{fill}", color="{line}"'


def _quoted(text: str) -> str:
    return json.dumps(text)
