"""When a post of X was written, from its id alone.

Since November 2010, the ids of X are "snowflakes": 41 bits of milliseconds since an own epoch, then 22 bits
of the machine and a counter.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import time
from typing import Any, Final

_EPOCH_MS: Final = 1_288_834_974_657
_FIRST_ID: Final = 29_700_859_247
_DAY_MS: Final = 86_400_000
_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def snowflake_time(post_id: Any) -> datetime | None:
    """Return the time in an id of X, to the millisecond; None if it has none.

    Ids before November 2010 have no time. Numbers of other platforms often give a time in the future, which
    is not returned either.
    """
    if isinstance(post_id, str):
        if not (post_id.isascii() and post_id.isdigit() and len(post_id) <= 19):
            return None
        post_id = int(post_id)
    elif type(post_id) is not int:
        return None
    milliseconds = (post_id >> 22) + _EPOCH_MS
    if post_id < _FIRST_ID or milliseconds > time() * 1_000 + _DAY_MS:
        return None
    return _UNIX_EPOCH + timedelta(milliseconds=milliseconds)


def snowflake_date(post_id: Any) -> str | None:
    """Return the time in an id of X as RFC 3339, or None if it has none."""
    moment = snowflake_time(post_id)
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
