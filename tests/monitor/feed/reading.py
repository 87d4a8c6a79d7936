"""Read files as the feed does, up to the messages that it would send."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.feed import (
    AUTO,
    FeedError,
    FeedItem,
    Input,
    ReadOptions,
    Reject,
    contract_fields,
    detect_format,
    open_sources,
    read_feed_items,
)

PLAIN = ReadOptions()


@dataclass
class ReadFile:
    """What was read: fields of posts and events without `html`, their sources and lines; rejects; notes."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """Ids of the posts."""
        return [post["id"] for post in self.posts]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """The line and the reason of each reject."""
        return [(reject.line, reject.reason) for reject in self.rejects]


def read_path(path: Path, name: str = AUTO, options: ReadOptions = PLAIN) -> ReadFile:
    """Read a file with one source or several; raise the first error."""
    result = ReadFile()
    for source in open_sources(Input(path), result.notes.append):
        if isinstance(source, FeedError):
            raise source
        if source.is_empty:
            continue
        for item in read_feed_items(source, detect_format(source, name), options, name):
            if isinstance(item, FeedItem):
                fields = contract_fields(item.content)
                fields.pop("html", None)
                result.posts.append(fields)
                result.sources.append(item.source)
                result.lines.append(item.line)
            else:
                result.rejects.append(item)
    return result


def json_lines(*documents: Any) -> bytes:
    """Return documents as JSON Lines."""
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)
