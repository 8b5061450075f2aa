"""The model's manifest, `model.json`: what the model is, and which descriptors compare with which."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from imagesearch.records import Sizing

MODEL_FILE = "model.onnx"
MANIFEST_FILE = "model.json"
METADATA_KEY = "imagesearch.manifest"
"""In the ONNX file's metadata: the same manifest without `build_id`, `sha256` and `details`, which the file decides."""
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class DescriptorSpec:
    """One output of the model."""

    name: str
    dimension: int
    unrelated_cosine: float
    """The cosine that two pictures of different classes have (their median, measured at export): score 0."""
    several: bool = False
    """Whether an image may have several vectors of it, as regions have."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `model_export` says of the model that lies beside it."""

    name: str
    space_id: str
    """Descriptors compare if this is equal: hash of weights, pooling, sizing, resampling, whitening."""
    build_id: str
    """`space_id` plus precision and the file's own digest."""
    sizing: Sizing
    descriptors: tuple[DescriptorSpec, ...]
    precision: str
    sha256: str
    """Of the ONNX file, in hexadecimal."""
    details: Mapping[str, Any]
    """Everything else worth telling: pooling, source of the weights, what verification measured."""

    def descriptor(self, name: str) -> DescriptorSpec:
        """The descriptor of that name. Raises KeyError."""
        return {spec.name: spec for spec in self.descriptors}[name]

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises ValueError where the text is no manifest of this schema."""
        try:
            data = json.loads(text)
            if data["schema"] != SCHEMA:
                raise ValueError(
                    f"schema {data['schema']} of the model's manifest is not {SCHEMA}: export the model anew"
                )
            return cls(
                name=data["name"],
                space_id=data["space_id"],
                build_id=data["build_id"],
                sizing=Sizing(**data["sizing"]),
                descriptors=tuple(DescriptorSpec(**spec) for spec in data["descriptors"]),
                precision=data["precision"],
                sha256=data["sha256"],
                details=data["details"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a model manifest: {error!r}") from error

    def to_json(self) -> str:
        data = {
            "schema": SCHEMA,
            "name": self.name,
            "space_id": self.space_id,
            "build_id": self.build_id,
            "sizing": {"size": self.sizing.size, "fit": self.sizing.fit, "resampling": self.sizing.resampling},
            "descriptors": [
                {"name": d.name, "dimension": d.dimension, "unrelated_cosine": d.unrelated_cosine}
                | ({"several": True} if d.several else {})
                for d in self.descriptors
            ],
            "precision": self.precision,
            "sha256": self.sha256,
            "details": dict(self.details),
        }
        return json.dumps(data, indent=2) + "\n"


def load_manifest(model_dir: Path) -> Manifest:
    """The manifest in `model_dir`. Raises FileNotFoundError with what to do, or ValueError."""
    path = model_dir / MANIFEST_FILE
    if not path.is_file():
        raise FileNotFoundError(f"there is no model at {path}: run `make model` (python -m model_export) first")
    return Manifest.from_json(path.read_bytes())
