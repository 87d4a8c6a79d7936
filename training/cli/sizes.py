"""Amounts of memory as people write them."""

from __future__ import annotations

import math
import re

from training.errors import RunError

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def bytes_of(text: str, *, option: str) -> int:
    """Read a number of bytes such as `4GB`, `500 MB` or `1e9`; units are powers of 1,000.

    Raises:
        RunError: it is no such amount; the message names `option`.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:e\d+)?)\s*([KMGT]?)B?\s*", text, re.IGNORECASE)
    amount = float(match[1]) * _UNITS[match[2].upper()] if match else math.inf
    if not math.isfinite(amount):
        raise RunError(f"{option} is {text!r}: give an amount such as 4GB or 500MB")
    return round(amount)
