"""The input and output of `ade-monitor score`: files to posts, posts to chunks, predictions to records."""

from __future__ import annotations

import io
import select
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from models import Scorer, TweetPrediction
from models.terminal import json_line
from monitor.errors import MonitorError
from monitor.feed import (
    FeedError,
    FeedItem,
    Input,
    ReadOptions,
    Reject,
    RejectLimit,
    Source,
    UnknownFormatError,
    detect_format,
    no_posts_error,
    open_sources,
    read_feed_items,
)
from monitor.ingest.sources import source_named
from monitor.records import Post

MOST_TWEETS: Final = 512
"""Maximum number of posts that are scored together: enough to group them by length."""

MOST_CHARACTERS: Final = 200_000
"""Maximum number of characters that are scored together, so that memory stays flat: twice 512 posts."""

_OWN_CONTRACT: Final = ("", "contract")

Record = dict[str, Any]


@dataclass(frozen=True)
class ScoreItem:
    """A post or a reject of a file.

    Attributes:
        line: number of the line on which it starts.
        content: the post, or why there is none.
        size: characters of the post, or bytes of the reject.
    """

    line: int
    content: Post | Reject
    size: int


@dataclass(frozen=True)
class Chunk:
    """Posts of a file that are scored together, and the rejects between them, in their order.

    Attributes:
        items: at least one.
        source: the file.
        position: how far the file was read with them, in bytes on disk.
    """

    items: tuple[ScoreItem, ...]
    source: Source
    position: int


class FileReader:
    """Reads files into chunks, and keeps what was wrong with some of them.

    Args:
        form: value of `--format`.
        options: how to read the files.
        notify: called with notes for people.

    Attributes:
        failures: errors of files that were not read, or not to their end.
        items: number of posts and rejects so far.
    """

    def __init__(self, form: str, options: ReadOptions, notify: Callable[[str], None]) -> None:
        self._form = form
        self._options = options
        self._notify = notify
        self._events = 0
        self._rejected = 0
        self._skipped = 0
        self.failures: list[MonitorError] = []
        self.items = 0
        self.current: Source | None = None

    def chunks(self, inputs: Iterable[Input | FeedError]) -> Iterator[Chunk]:
        """Yield the chunks of all files. An error of a file does not keep the others from being read."""
        for entry in inputs:
            sources = [entry] if isinstance(entry, FeedError) else open_sources(entry, self._notify)
            for source in sources:
                if isinstance(source, FeedError):
                    self.failures.append(source)
                else:
                    self.current = source
                    yield from self._chunks_of(source)
        if self._skipped and not self.items and not self.failures:
            self.failures.append(no_posts_error(self._skipped))

    def more_is_ready(self) -> bool:
        """Return True if reading on would not have to wait, as far as the system knows."""
        return self.current is None or more_is_ready(self.current)

    def _chunks_of(self, source: Source) -> Iterator[Chunk]:
        """Yield the chunks of a file, but never wait for more while some posts are available.

        So a file is scored in large chunks, and a slow pipe gets each answer without delay.
        """
        before, self._events, self._rejected = self.items, 0, 0
        chunk: list[ScoreItem] = []
        size = 0
        try:
            for item in self._items_of(source):
                chunk.append(item)
                self.items += 1
                size += item.size
                full = len(chunk) == MOST_TWEETS or size >= MOST_CHARACTERS
                if full or not more_is_ready(source):
                    yield Chunk(tuple(chunk), source, source.position)
                    chunk, size = [], 0
            read = self.items - before + self._events
            RejectLimit().check_at_end(source.name, self._rejected, read)
        except FeedError as error:
            if isinstance(error, UnknownFormatError) and not source.was_listed and self.items == before:
                self._skipped += 1
                self._notify(f"skipped: {error.fact}")
                return
            self.failures.append(error)
        if chunk:
            yield Chunk(tuple(chunk), source, source.position)  # also what came before damage
        if self._events:
            self._notify(f"{source.name}: {self._events:,} deletions and other events have no record")
        elif self.items == before and not self.failures:
            self._notify(f"{source.name} has no posts in it")

    def _items_of(self, source: Source) -> Iterator[ScoreItem]:
        if source.is_empty:
            return
        detection = detect_format(source, self._form)
        notify = self._notify
        options = replace(self._options, notify=lambda note: notify(f"{source.name}: {note}"))
        seen: set[str] = set()
        for item in read_feed_items(source, detection, options, self._form):
            if isinstance(item, Reject):
                self._rejected += 1
                yield ScoreItem(item.line, item, len(item.raw))
                continue
            if item.source not in seen:
                seen.add(item.source)
                self._note_source(source, item, detection.form.name, detection.why)
            if isinstance(item.content, Post):
                yield ScoreItem(item.line, item.content, len(item.content.text))
            else:
                self._events += 1

    def _note_source(self, source: Source, item: FeedItem, form: str, why: str) -> None:
        """Print what a file was detected as, unless it is our own format, which nothing else looks like."""
        platform = source_named(item.source)
        if item.source == "":
            self._notify(f"{source.name}: read as {form}: {why}")
        elif item.source not in _OWN_CONTRACT and platform is not None:
            self._notify(f"{source.name}: line {item.line} is read as {item.source} ({platform.title})")


def more_is_ready(source: Source) -> bool:
    """Return True if reading on would not have to wait, as far as the system knows."""
    try:
        readable, _, _ = select.select([source.stream], [], [], 0)
    except (OSError, ValueError, io.UnsupportedOperation):
        return True
    return bool(readable)


def score_chunk(scorer: Scorer, chunk: Chunk, *, name_files: bool = False) -> bytes:
    """Score a chunk, and return one line of JSON for each of its items, in their order."""
    posts = [item.content for item in chunk.items if isinstance(item.content, Post)]
    texts, contexts = [post.text for post in posts], [post.context_text for post in posts]
    predictions = iter(scorer.score(texts, contexts) if posts else [])
    file = {"file": chunk.source.name} if name_files else {}
    records = (
        _prediction_record(item, item.content, next(predictions), scorer.version) | file
        if isinstance(item.content, Post)
        else _error_record(item.content) | file
        for item in chunk.items
    )
    lines = "".join(f"{json_line(record)}\n" for record in records)
    # Bytes: a character that a terminal's encoding lacks would raise in the middle of a file.
    return lines.encode(errors="replace")


def _prediction_record(item: ScoreItem, post: Post, prediction: TweetPrediction, bundle: str) -> Record:
    return {
        "id": post.id,
        "line": item.line,
        "label": prediction.label,
        "probability": round(prediction.probability, 6),
        **_by_reader(prediction),
        "reason": prediction.reason,
        "windows": prediction.windows,
        "unread": prediction.unread,
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


def _by_reader(prediction: TweetPrediction) -> Record:
    """Return the probabilities of both readers of a bundle that has two."""
    first, second = prediction.first_probability, prediction.second_probability
    if first is None:
        return {}
    return {
        "first_probability": round(first, 6),
        "second_probability": None if second is None else round(second, 6),
    }


def _error_record(reject: Reject) -> Record:
    """Return the record of a line that cannot be read; it has no content of the line."""
    return {"line": reject.line, "error": reject.reason, "detail": reject.detail}
