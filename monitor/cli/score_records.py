"""The input and output of `ade-monitor score`: lines to tweets, tweets to chunks, predictions to records."""

from __future__ import annotations

import io
import itertools
import select
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from models import Scorer, TweetPrediction
from models.terminal import json_line
from monitor.feed import (
    Columns,
    FeedEntry,
    FeedError,
    Format,
    Reject,
    Source,
    SourceLine,
    detect_format,
    read_json_entries,
    reader_for,
    validate_entry,
)
from monitor.records import Post

MOST_TWEETS: Final = 512
"""Maximum number of tweets that are scored together: enough to group them by length."""

MOST_CHARACTERS: Final = 200_000
"""Maximum number of characters that are scored together, so that memory stays flat: twice 512 tweets."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Chunk:
    """Tweets that are scored together, and the rejects between them, in their order.

    Attributes:
        items: at least one.
        position: how far the source was read with them, in bytes on disk.
    """

    items: tuple[Post | Reject, ...]
    position: int


def read_tweets(
    source: Source, kind: Format | None, columns: Columns, *, quotes: bool = True
) -> Iterator[Post | Reject]:
    """Yield the tweets of a source, and a `Reject` for whatever is not a valid tweet, in their order.

    Raises:
        FeedError: reading fails, the format cannot be detected, or a table lacks a column.
    """
    lines = source.lines()
    first = next(lines, None)
    if first is None:
        return
    kind = kind or _detect_format(first, source)
    all_lines = itertools.chain([first], lines)
    if kind is Format.JSONL:
        entries = _json_entries(all_lines)
    else:
        entries = reader_for(kind, columns, name=source.name, quotes=quotes)(all_lines)
    for entry in entries:
        yield entry if isinstance(entry, Reject) else validate_entry(entry)


def chunks(items: Iterator[Post | Reject], source: Source) -> Iterator[Chunk]:
    """Group items into chunks, but never wait for more while some are available.

    So a file is scored in large chunks, and a slow pipe gets each answer without delay.
    """
    chunk: list[Post | Reject] = []
    size = 0
    try:
        for item in items:
            chunk.append(item)
            size += len(item.text) if isinstance(item, Post) else len(item.raw)
            full = len(chunk) == MOST_TWEETS or size >= MOST_CHARACTERS
            if full or not more_is_ready(source):
                yield Chunk(tuple(chunk), source.position)
                chunk, size = [], 0
    except FeedError:
        if chunk:
            yield Chunk(tuple(chunk), source.position)  # what came before the damage
        raise
    if chunk:
        yield Chunk(tuple(chunk), source.position)


def more_is_ready(source: Source) -> bool:
    """Return True if reading on would not have to wait, as far as the system knows."""
    try:
        readable, _, _ = select.select([source.stream], [], [], 0)
    except (OSError, ValueError, io.UnsupportedOperation):
        return True
    return bool(readable)


def score_chunk(scorer: Scorer, chunk: Chunk) -> bytes:
    """Score a chunk, and return one line of JSON for each of its items, in their order."""
    tweets = [item for item in chunk.items if isinstance(item, Post)]
    predictions = iter(scorer.score([tweet.text for tweet in tweets]) if tweets else [])
    records = (
        _prediction_record(item, next(predictions), scorer.version)
        if isinstance(item, Post)
        else _error_record(item)
        for item in chunk.items
    )
    lines = "".join(f"{json_line(record)}\n" for record in records)
    # Bytes: a character that a terminal's encoding lacks would raise in the middle of a file.
    return lines.encode(errors="replace")


def _prediction_record(tweet: Post, prediction: TweetPrediction, bundle: str) -> Record:
    return {
        "id": tweet.id,
        "label": prediction.label,
        "probability": round(prediction.probability, 6),
        "mentions": [
            {
                "start": mention.start,
                "end": mention.end,
                "text": mention.text,
                "score": round(mention.score, 6),
                "ptid": mention.ptid,
                "pt_name": mention.pt_name,
                "pt_score": None if mention.pt_score is None else round(mention.pt_score, 6),
            }
            for mention in prediction.mentions
        ],
        "bundle": bundle,
    }


def _error_record(reject: Reject) -> Record:
    """Return the record of a line that cannot be read; it has no content of the line."""
    return {"line": reject.line, "error": reject.reason, "detail": reject.detail}


def _detect_format(first: SourceLine, source: Source) -> Format:
    """Detect the format. A first line that fits none is a bad line of JSON Lines, and reading goes on."""
    try:
        return detect_format(first, extension=source.extension, name=source.name)
    except FeedError:
        if first.data.lstrip().startswith(b"["):
            raise
        return Format.JSONL


def _json_entries(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
    """Yield the entries of JSON Lines, and rejects for blank lines, so that each line has a record."""
    for line in lines:
        if line.blank:
            yield Reject(line.number, "empty", "the line is blank", line.data)
        else:
            yield from read_json_entries(iter([line]))
