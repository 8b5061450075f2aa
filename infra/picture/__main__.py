"""`python -m infra.picture cdk.out docs/images/architecture.svg`: draw what `make synth` wrote.

The picture keeps the hash of its source, so that a test knows a stale one without Graphviz.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from infra.picture.dot import dot_of
from infra.picture.nodes import NotPlaced
from infra.picture.reading import Resources

MARK = "sha256 of the DOT source: "


def source_hash(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def drawn(source: str) -> str:
    """The picture as SVG, with its source's hash. Raises FileNotFoundError without Graphviz."""
    svg = subprocess.run(
        ["dot", "-Tsvg"],  # noqa: S607 - wherever the system keeps it
        input=source,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    head, tag, rest = svg.partition("<svg")
    return f"{head}<!-- {MARK}{source_hash(source)} -->\n{tag}{rest}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, picture = map(Path, arguments)
    try:
        svg = drawn(dot_of(Resources.of_assembly(folder)))
    except NotPlaced as error:
        print(error, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        missing = "Graphviz is needed: apt-get install graphviz" if error.filename == "dot" else error
        print(missing, file=sys.stderr)
        return 2
    picture.write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
