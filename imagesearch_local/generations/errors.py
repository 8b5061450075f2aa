"""What can't be done with generations; the message says what to do instead."""

from __future__ import annotations


class GenerationError(RuntimeError):
    """Refused: nothing was changed."""


class ActionFailed(GenerationError):
    """It was not refused: something else went wrong while it was done."""
