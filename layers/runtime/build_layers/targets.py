"""What a layer is built for: Lambda's processor and Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Architecture = Literal["x86_64", "arm64"]
"""As Lambda names them."""

PYTHON: Final = "3.13"
"""Of the functions."""

_UV_PLATFORMS: Final = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""Lambda's Python 3.13 runs on Amazon Linux 2023 (glibc 2.34):
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
_ELF_MACHINES: Final = {"x86_64": 62, "arm64": 183}
"""EM_X86_64 and EM_AARCH64 of the ELF specification."""


@dataclass(frozen=True, slots=True)
class Target:
    """A processor and a Python, which wheels are chosen for and bytecode is made for."""

    architecture: Architecture = "x86_64"
    python: str = PYTHON
    """`3.minor`."""

    @property
    def minor(self) -> int:
        return int(self.python.partition(".")[2])

    @property
    def uv_platform(self) -> str:
        return _UV_PLATFORMS[self.architecture]

    @property
    def elf_machine(self) -> int:
        return _ELF_MACHINES[self.architecture]
