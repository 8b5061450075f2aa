"""Fixtures to run the command line; the rest of them is in tests/support."""

from __future__ import annotations

from command_line import api, free_port, run

__all__ = ["api", "free_port", "run"]
