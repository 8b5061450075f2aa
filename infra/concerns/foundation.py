"""What every construct with functions of ours stands on."""

from __future__ import annotations

from dataclasses import dataclass

from infra.concerns.layers import Layers
from infra.concerns.network import Network
from infra.library_stack import LibraryStack
from infra.settings import Deployment


@dataclass(frozen=True, slots=True)
class Foundation:
    """The settings, what stays, and the layers below the functions."""

    deployment: Deployment
    library: LibraryStack
    layers: Layers

    @property
    def network(self) -> Network | None:
        """The library's, in which functions stand in production."""
        return self.library.network
