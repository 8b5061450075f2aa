"""The first write of a record, made here: what is known to be the first is sent as the finished document.

It costs the server less than the script, which reads, parses and writes out again what it changes. The document is the
very one that `write.painless` makes of the same parameters where there is none yet: whoever changes one of the two
changes the other. The script does not say so, since SCHEMA_VERSION stands for its text, to the last comment.
tests/integration/test_opensearch_first_writes.py compares both on a real server.
"""

from __future__ import annotations

from imagesearch.adapters.opensearch.client import Json


def first_document(parameters: Json) -> Json:
    """The document of an image of which only this part is known yet; `parameters` are those of the script."""
    columns = parameters["set"]
    live = columns.get("image_state") == "indexed" and not columns["hidden"]
    return {
        **columns,
        "before": {},
        "write": parameters["write"],
        "version": 1,
        "said": {parameters["side"]: parameters["said"]},
        "live": live,
        **(_in_force(parameters["said"], parameters["name"]) if live else {}),
    }


def _in_force(said: Json, name: Json) -> Json:
    """The words to be searched: with no sidecar yet, the image's own."""
    fields = said.values()
    columns = {column: value for field in fields for column, value in field["columns"].items()}
    return {
        **columns,
        "text": {"name": name["text"], **{of: field["text"] for of, field in said.items()}},
        "words": name["words"] + sum(field["words"] for field in fields),
        "spellings": sorted({word for field in fields for word in field["spellings"]}),
    }
