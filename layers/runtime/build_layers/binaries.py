"""Which machine a shared library is for, read from its own header: no library of another may be in a layer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from build_layers.errors import LayerError
from build_layers.packing import files_in
from build_layers.targets import Target

_MAGIC: Final = b"\x7fELF"
_HEADER_BYTES: Final = 20


def elf_machine(path: Path) -> int | None:
    """`e_machine` of an ELF file (gABI 4.1, ELF header: 2 bytes at 18, little-endian here); None of any other file."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        return None
    machine: int = struct.unpack_from("<H", header, 18)[0]
    return machine


def binaries_in(folder: Path) -> Iterator[tuple[Path, int | None]]:
    """All that is a program or library, or is named as one, with its machine."""
    for path in files_in(folder):
        machine = elf_machine(path)
        if machine is not None or ".so" in path.suffixes or path.suffix in {".dll", ".dylib", ".pyd"}:
            yield path, machine


def check_binaries(folder: Path, target: Target) -> None:
    """Raises LayerError where one is for another machine or another Python."""
    tag = f".cpython-{target.python.replace('.', '')}-"
    for path, machine in binaries_in(folder):
        if machine != target.elf_machine:
            raise LayerError(f"{path} is not for {target.architecture}: did the index give a wheel of another machine?")
        if ".cpython-" in path.name and tag not in path.name:
            raise LayerError(f"{path} is not for Python {target.python}.")
