"""JSON Lines: a JSON object on each line."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.errors import PoisonError
from monitor.feed.entries import Entry, Reject, too_long
from monitor.feed.lines import Line
from monitor.feed.tweet_objects import tweets_of
from monitor.ingest.contract import parse_object


def read_json_lines(lines: Iterator[Line]) -> Iterator[Entry | Reject]:
    """Read a tweet object, or a page of them, from each line; blank lines are passed over."""
    for line in lines:
        if line.blank:
            continue
        if not line.whole:
            yield too_long(line)
            continue
        try:
            document = parse_object(line.data)
        except PoisonError as error:
            yield Reject(line.number, error.reason, error.detail, line.data)
            continue
        found = 0
        for fields in tweets_of(document):
            found += 1
            yield Entry(line.number, fields, line.data)
        if not found:
            yield Reject(line.number, "no-tweet", "the object has neither `id`, `text` nor `data`", line.data)
