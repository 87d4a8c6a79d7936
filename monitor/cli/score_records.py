"""What `ade-monitor score` reads and writes: lines to tweets, tweets to chunks, predictions to lines."""

from __future__ import annotations

import io
import itertools
import json
import select
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models import Scorer, TweetPrediction
from monitor.feed.delimited import Columns
from monitor.feed.entries import FeedEntry, Reject, tweet_of
from monitor.feed.file_formats import Format, format_of, read_json_entries, reader_of
from monitor.feed.source import FeedError, Source, SourceLine
from monitor.records import Tweet

MOST_TWEETS = 512  # judged together: enough to group them by length
MOST_CHARACTERS = 200_000  # twice what 512 tweets have: files of long texts take no more memory either

Record = dict[str, Any]


@dataclass(frozen=True)
class Chunk:
    """Tweets that are judged together, and what was no tweet, in their order.

    Attributes:
        items: at least one.
        position: how far the source was read with them, in bytes as they lie on disk.
    """

    items: tuple[Tweet | Reject, ...]
    position: int


def tweets_in(
    source: Source, kind: Format | None, columns: Columns, *, quotes: bool = True
) -> Iterator[Tweet | Reject]:
    """Read the tweets of a source, one at a time; what is no tweet comes as a `Reject`, in its place.

    Raises:
        FeedError: the source cannot be read on, its format cannot be told, or a table lacks a column.
    """
    lines = source.lines()
    first = next(lines, None)
    if first is None:
        return
    kind = kind or _format_of(first, source)
    numbered = itertools.chain([first], lines)
    if kind is Format.JSONL:
        entries = _json_entries(numbered)
    else:
        entries = reader_of(kind, columns, name=source.name, quotes=quotes)(numbered)
    for entry in entries:
        yield entry if isinstance(entry, Reject) else tweet_of(entry)


def chunks(items: Iterator[Tweet | Reject], source: Source) -> Iterator[Chunk]:
    """Group what is read, but never wait for more while something is at hand.

    So a file is judged in large groups, and a pipe that trickles gets each answer at once.
    """
    chunk: list[Tweet | Reject] = []
    size = 0
    try:
        for item in items:
            chunk.append(item)
            size += len(item.text) if isinstance(item, Tweet) else len(item.raw)
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
    """Tell whether reading on would not have to wait, as far as the system knows."""
    try:
        readable, _, _ = select.select([source.stream], [], [], 0)
    except (OSError, ValueError, io.UnsupportedOperation):
        return True
    return bool(readable)


def judged(scorer: Scorer, chunk: Chunk) -> bytes:
    """Judge a chunk, and write a line of JSON for each of its items, in their order."""
    tweets = [item for item in chunk.items if isinstance(item, Tweet)]
    predictions = iter(scorer.score([tweet.text for tweet in tweets]) if tweets else [])
    records = (
        _record_of(item, next(predictions), scorer.version)
        if isinstance(item, Tweet)
        else _error_record(item)
        for item in chunk.items
    )
    lines = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    # Bytes: what a terminal's encoding cannot show would raise in the middle of a file.
    return lines.encode(errors="replace")


def _record_of(tweet: Tweet, prediction: TweetPrediction, bundle: str) -> Record:
    """Write a prediction as the record that `ade-monitor score` documents."""
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
    """Write what could not be read, by its line and never by its content."""
    return {"line": reject.line, "error": reject.reason, "detail": reject.detail}


def _format_of(first: SourceLine, source: Source) -> Format:
    """Tell the format; a first line that fits none is a bad line of JSON Lines, not the end of it all."""
    try:
        return format_of(first, extension=source.extension, name=source.name)
    except FeedError:
        if first.data.lstrip().startswith(b"["):
            raise
        return Format.JSONL


def _json_entries(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
    """Read JSON Lines, giving blank lines too, so that there is a record for each line."""
    for line in lines:
        if line.blank:
            yield Reject(line.number, "empty", "the line is blank", line.data)
        else:
            yield from read_json_entries(iter([line]))
