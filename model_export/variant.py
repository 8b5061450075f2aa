"""Which model to make: everything that decides its descriptors, and the ids that follow from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from imagesearch.records import Sizing
from model_export.weights import LAYERS_SHA256

Pooling = Literal["avg", "max", "gem"]
Precision = Literal["fp32", "int8"]

GRAPH_VERSION = 1
"""Raise it when `graph.py` changes what a picture's descriptor is: old and new descriptors then do not compare."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One model that can be exported."""

    pooling: Pooling
    sizing: Sizing
    precision: Precision

    @property
    def space(self) -> dict[str, Any]:
        """All that decides which descriptors compare. Precision does not: export fails where it would."""
        return {
            "network": "vgg16",
            "weights": LAYERS_SHA256,
            "graph": GRAPH_VERSION,
            "pooling": self.pooling,
            "size": self.sizing.size,
            "fit": self.sizing.fit,
            "resampling": self.sizing.resampling,
            "whitening": None,
        }

    @property
    def space_id(self) -> str:
        """12 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.space, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def name(self) -> str:
        return f"vgg16-{self.pooling}-{self.sizing.fit}{self.sizing.size}-{self.precision}"


def build_id(space_id: str, precision: str, file_sha256: str) -> str:
    """The space, the precision, and which file it is."""
    return f"{space_id}-{precision}-{file_sha256[:8]}"


DEFAULT = Variant("gem", Sizing(256, "longest", "bilinear"), "int8")
"""Chosen by measurement: docs/decisions/0001-default-model.md."""
