"""Dates as files have them, written as the message contract wants them."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from typing import Final

_V1_FORMAT: Final = "%a %b %d %H:%M:%S %z %Y"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UTC_WORD: Final = re.compile(r" ?(UTC|GMT)$")


def rfc3339(date: str) -> str:
    """Turn a date of the API v1.1 ("Wed Oct 10 20:19:24 +0000 2018"), a day, or "… UTC" into RFC 3339.

    A day alone is its midnight in UTC. What is none of these is given back as it is: the contract judges it.
    """
    date = _UTC_WORD.sub("Z", date.strip())
    if _DAY.fullmatch(date):
        return f"{date}T00:00:00Z"
    with contextlib.suppress(ValueError):
        return datetime.strptime(date, _V1_FORMAT).astimezone(UTC).isoformat()
    return date
