"""What an index and its stored script look like, tied to the number by which they are known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from imagesearch.adapters.opensearch import mapping
from imagesearch.manifest import DescriptorSpec
from imagesearch.settings import IndexSettings

SCHEMA = (1, "c412e1d1bf0a0dad")
"""The number, and what has it."""
SPECS = (DescriptorSpec("semantic", 3, 0.3), DescriptorSpec("regions", 2, 0.3, several=True))


def test_another_mapping_or_script_has_another_number() -> None:
    """Functions know an index that they can use, and their script, by this number alone: where this fails, and the
    number is out in the world, count SCHEMA_VERSION up, and write down here what has the new one.
    """  # noqa: D205
    body = mapping.index_body("space", SPECS, IndexSettings())
    script = Path(mapping.__file__).with_name("write.painless").read_bytes()
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode() + script).hexdigest()[:16]
    assert (mapping.SCHEMA_VERSION, digest) == SCHEMA
