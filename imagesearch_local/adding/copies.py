"""Pictures that are equal, byte for byte, in one run."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class First:
    """The one of several equal ones that the library has."""

    name: str
    words: str
    """Digest of its words; empty where it has none."""


class Copies:
    """Equal ones take turns, so that each knows what became of those before it. For several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._first: dict[str, First] = {}

    @contextmanager
    def turn(self, sha256: str) -> Iterator[None]:
        """While it lasts, nobody else has the turn of that content."""
        with self._guard:
            turn = self._turns[sha256]
        with turn:
            yield

    def first(self, sha256: str) -> First | None:
        return self._first.get(sha256)

    def add(self, sha256: str, one: First) -> None:
        """Note that the library has one. The first that has words stands for all."""
        first = self._first.get(sha256)
        if first is None or not first.words:
            self._first[sha256] = one
