"""The code of the functions, and the layers below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.assets import Assets
from infra.function import ARCHITECTURES, RUNTIME
from infra.settings import Deployment, Generation

_COMPILED = ["**/__pycache__", "**/*.pyc"]
"""Python leaves these in functions/, and they would make each build another one."""


class Layers(Construct):
    """One runtime and one product layer, and a model layer a generation. `code` is what all functions share."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, assets: Assets) -> None:
        super().__init__(scope, construct_id)
        self._architecture = ARCHITECTURES[deployment.architecture]
        self.code = lambda_.Code.from_asset(str(assets.functions), exclude=_COMPILED)
        runtime = self._layer("Runtime", assets.runtime_layer(deployment.architecture), "Third-party packages")
        product = self._layer("Product", assets.product_layer(), "The package imagesearch")
        self._of: dict[int, Sequence[lambda_.ILayerVersion]] = {
            generation.number: [runtime, product, self._model(generation, assets)]
            for generation in deployment.generations
        }

    def of(self, generation: int) -> Sequence[lambda_.ILayerVersion]:
        """All layers of a function of this generation."""
        return self._of[generation]

    def _model(self, generation: Generation, assets: Assets) -> lambda_.LayerVersion:
        name = f"Model{generation.number}"
        return self._layer(name, assets.model_layer(generation), f"The model of generation {generation.number}")

    def _layer(self, name: str, path: Path, description: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            code=lambda_.Code.from_asset(str(path)),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[self._architecture],
            description=description,
        )
