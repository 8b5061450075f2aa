"""The folders that are deployed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.settings import Generation

CHECKOUT = Path(__file__).resolve().parents[1]


class AssetsMissing(Exception):
    """Something that is deployed is not built yet. Its message says what to run."""


@dataclass(frozen=True, slots=True)
class Assets:
    """Where the code, the layers and the page are. Tests give small folders of their own."""

    functions: Path
    """A package a Lambda function, and nothing else."""
    layers: Path
    """What `make layers` builds: `imagesearch`, `runtime-<architecture>`, `model-<generation>`."""
    web: Path
    """The search page."""

    @classmethod
    def of_checkout(cls, checkout: Path = CHECKOUT) -> Self:
        return cls(functions=checkout / "functions", layers=checkout / "build" / "layers", web=checkout / "web")

    def runtime_layer(self, architecture: str) -> Path:
        """Third-party packages, under `python/`. Raises AssetsMissing."""
        return self._layer(f"runtime-{architecture}", f"make layers ARCH={architecture}")

    def product_layer(self) -> Path:
        """The package `imagesearch`, under `python/`. Raises AssetsMissing."""
        return self._layer("imagesearch", "make layers")

    def model_layer(self, generation: Generation) -> Path:
        """A generation's `model/model.onnx` and `model/model.json`. Raises AssetsMissing."""
        return self._layer(f"model-{generation.number}", f"make layers MODELS='{generation.number}={generation.model}'")

    def _layer(self, name: str, made_by: str) -> Path:
        path = self.layers / name
        if not path.is_dir():
            raise AssetsMissing(f"There is no layer at {path}: run `{made_by}` first.")
        return path
