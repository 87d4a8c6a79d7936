"""Read bytes as the feed reads a file, up to the messages that it would send."""

from __future__ import annotations

import io
import json
from typing import Any

from monitor.feed import Columns, Format, Reject
from monitor.feed.entries import message_from
from monitor.feed.file_formats import reader_for
from monitor.feed.source import read_source_lines

NO_COLUMNS = Columns()


def read(
    data: bytes, kind: Format, columns: Columns = NO_COLUMNS, *, quotes: bool = True
) -> tuple[list[dict[str, Any]], list[Reject]]:
    """Return the values of the messages, and the rejects, in their order."""
    tweets, rejects = [], []
    for entry in reader_for(kind, columns, name="the file", quotes=quotes)(
        read_source_lines(io.BytesIO(data))
    ):
        message = entry if isinstance(entry, Reject) else message_from(entry)
        if isinstance(message, Reject):
            rejects.append(message)
        else:
            tweets.append(json.loads(message.value))
            assert message.key.decode() == tweets[-1]["id"]
    return tweets, rejects


def positions(rejects: list[Reject]) -> list[tuple[int, str]]:
    """Return the line and the reason of each reject."""
    return [(reject.line, reject.reason) for reject in rejects]
