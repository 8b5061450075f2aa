"""Attributes as people type them, on the command line and in tables."""

from __future__ import annotations

import json
import math
from typing import Any

from imagesearch.records import AttributeValue

_TRUTH = {"true": True, "false": False}


def typed(text: str) -> AttributeValue:
    """`4` and `1.5` are numbers, `true` and `false` are truth values; all else is text, and so is `"4"` in quotes.

    As JSON has them: `007`, `1,5`, `yes` and `NaN` are text. `TRUE` and `FALSE` are what spreadsheets make of truth.
    """
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    value: Any
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return text
    return value if isinstance(value, str | bool | int | float) else text
