"""The 64-bit DCT perceptual hash: near-duplicates differ in a few bits, whatever their size or compression.

Method: pHash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2.1,
in the definition that the `imagehash` package uses, bit for bit. It is written out here because that package needs
SciPy, which is too large for a Lambda layer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 32
_KEPT = 8


def _dct_matrix() -> NDArray[np.float64]:
    """The rows of the unnormalised DCT-II of length 32 for its 8 lowest frequencies: 8 x 32 float64.

    `scipy.fftpack.dct` has this scale too: y[k] = 2 * sum(x[n] * cos(pi * k * (2n + 1) / 2N)).
    """
    frequency = np.arange(_KEPT)[:, np.newaxis]
    sample = np.arange(_SIDE)[np.newaxis, :]
    return 2 * np.cos(np.pi * frequency * (2 * sample + 1) / (2 * _SIDE))


_DCT = _dct_matrix()


def perceptual_hashes(image: Image.Image) -> tuple[str, str]:
    """The hash of an image, of any mode that converts to `L`, and that of its mirror image (left and right swapped).

    Each is 64 bits as 16 hexadecimal digits, row by row of the 8 x 8 lowest frequencies, the constant one first. A bit
    says whether its coefficient is above the median. Mirroring turns the sign of every other horizontal frequency of
    the DCT, so one transform gives both.
    """
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    low = (_DCT @ np.asarray(grey, dtype=np.float64) @ _DCT.T).round(6)  # what is 0 but for rounding is 0 everywhere
    return _bits(low), _bits(low * (-1.0) ** np.arange(_KEPT))


def _bits(low: NDArray[np.float64]) -> str:
    return np.packbits(low > np.median(low)).tobytes().hex()
