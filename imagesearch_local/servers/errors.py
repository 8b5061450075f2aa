"""Why a server can't be had."""

from __future__ import annotations


class ServerError(RuntimeError):
    """A server could not be fetched, started or stopped; the message says what to do."""


class ToolMissing(ServerError):
    """A program that the server needs is not installed; the message says how to install it."""


class PortTaken(ServerError):
    """Another program was faster; on another port it may work."""
