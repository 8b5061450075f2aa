"""Pictures to be like, and pictures not to be like, as one vector and what a cosine to it is worth. Pure.

Method: J. Rocchio, "Relevance Feedback in Information Retrieval" (1971). Since a cosine is linear in the query, one
search by the combined vector ranks exactly by the weighted mean of the cosines to the examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from imagesearch.errors import InvalidRequest
from imagesearch.ranking import Calibration
from imagesearch.searches import Example

if TYPE_CHECKING:
    from imagesearch.records import Vectors

_NOTHING_LEFT = 1e-3


def combined(
    like: Sequence[Example], unlike: Sequence[Example], name: str, unrelated: float
) -> tuple[Vectors, Calibration]:
    """For one descriptor the vector to search by (D float32, of length 1), and what its cosines are worth.

    With P and N an image's scores by a picture to be like and not to be like (0 where `unrelated`, 1 where the same),
    and w and u their weights, the score is (sum of w * P - sum of u * N) / (sum of w). With nothing to be like it is
    1 - (sum of u * N) / (sum of u). Raises InvalidRequest where the examples cancel each other out.
    """
    # A query is its whole picture: the first vector of each descriptor.
    wanted = [(example.weight, example.descriptors[name].vectors[0]) for example in like]
    unwanted = [(-example.weight, example.descriptors[name].vectors[0]) for example in unlike]
    whole = math.fsum(weight for weight, _ in wanted) or -math.fsum(weight for weight, _ in unwanted)
    both = [*wanted, *unwanted]
    mixed = np.sum([weight / whole * vector.astype(np.float64) for weight, vector in both], axis=0)
    length = float(np.linalg.norm(mixed))
    if length < _NOTHING_LEFT:
        raise InvalidRequest("The pictures of `like` and `unlike` cancel each other out: leave some of them out.")
    offset = -unrelated * math.fsum(weight for weight, _ in both) / whole
    start = 0.0 if wanted else 1.0
    slope = length / (1 - unrelated)
    vector: Vectors = (mixed / length).astype(np.float32)
    return vector, Calibration(slope, start + offset / (1 - unrelated))
