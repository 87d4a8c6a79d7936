"""Finds a post that ends the process whenever it is scored, so that it becomes a dead letter.

A post can crash the model's native code, or make it hang. The next worker reads the same batch again, and
ends in the same way. So the journal notes on disk which batches are being scored:

1. A fault or a hang while batches are scored makes their messages suspects.
2. Messages that were suspect `BATCH_ENDS` times are scored one post at a time, with nothing else in work. The
   journal notes the post first.
3. A post that ended the process `POST_ENDS` times while it was alone in work is not scored any more.

Only a fault of the code and a hang count (`journal_file`), not SIGKILL, and not an error that Python raises.
The journal holds offsets and hashes, and no text.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import structlog
from pydantic import TypeAdapter, ValidationError

from monitor.errors import FatalError
from monitor.records import ReceivedPost
from monitor.stream.journal_file import JournalFile

log = structlog.get_logger()

BATCH_ENDS: Final = 2
"""Ends of the process with a message in work, after which its posts are scored one at a time."""

POST_ENDS: Final = 2
"""Ends of the process with a post alone in work, after which it is not scored any more."""

SYSTEMD_FOLDERS: Final = "STATE_DIRECTORY"
"""Variable with the folders of `StateDirectory=`, separated by colons (systemd.exec(5))."""

MOST_KEPT: Final = 100
"""Suspects and posts that the journal remembers; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Span:
    """Messages of a partition that were scored together: offsets from `first` to `last`."""

    topic: str
    partition: int
    first: int
    last: int
    ends: int = 0

    def overlaps(self, other: Span) -> bool:
        """Return True if both have a message."""
        same = (self.topic, self.partition) == (other.topic, other.partition)
        return same and self.first <= other.last and other.first <= self.last

    def without(self, other: Span) -> list[Span]:
        """Return what is left of this span without the messages of another one: up to two parts."""
        if not self.overlaps(other):
            return [self]
        parts = [replace(self, last=other.first - 1), replace(self, first=other.last + 1)]
        return [part for part in parts if part.first <= part.last]


@dataclass(slots=True)
class _Notes:
    """What the file has.

    Attributes:
        in_work: messages that are being scored.
        alone: hash of the post that is being scored alone, or None.
        hangs: True if the process is about to end because of a stage without a result.
        suspects: messages that were in work when a process ended.
        posts: ends of the process by the hash of the post that was alone in work.
    """

    in_work: list[Span] = field(default_factory=list)
    alone: str | None = None
    hangs: bool = False
    suspects: list[Span] = field(default_factory=list)
    posts: dict[str, int] = field(default_factory=dict)


class ScoringJournal:
    """Notes what is being scored. Safe to use from several threads.

    Args:
        file: of this worker; None for a journal that notes nothing.
    """

    def __init__(self, file: JournalFile | None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._is_final = False
        self._notes = _Notes()
        if file is not None:
            self._notes = _after_the_end(_notes_of(file.content), was_fault=file.was_fault)
            self._write()

    def is_suspect(self, posts: Sequence[ReceivedPost]) -> bool:
        """Return True if these posts must be scored one at a time."""
        suspects = [span for span in self._notes.suspects if span.ends >= BATCH_ENDS]
        return bool(suspects) and any(span.overlaps(other) for span in _spans_of(posts) for other in suspects)

    def is_doomed(self, received: ReceivedPost, bundle: str) -> bool:
        """Return True if a post must not be scored by a bundle, because it ends the process."""
        posts = self._notes.posts
        return bool(posts) and posts.get(_hash_of(received, bundle), 0) >= POST_ENDS

    @contextmanager
    def scoring(self, posts: Sequence[ReceivedPost]) -> Iterator[None]:
        """Note that posts are scored during the block. If it ends without an error, they are not suspect."""
        if self._file is None:
            yield
            return
        spans = _spans_of(posts)
        with self._lock:
            self._notes.in_work += spans
            self._write()
        try:
            yield
            with self._lock:
                for span in spans:
                    self._notes.suspects = _without(self._notes.suspects, span)
        finally:
            with self._lock:
                for span in spans:
                    self._notes.in_work.remove(span)
                self._write()

    @contextmanager
    def scoring_alone(self, received: ReceivedPost, bundle: str) -> Iterator[None]:
        """Note that one post is scored during the block, and nothing else."""
        with self._lock:
            self._notes.alone = _hash_of(received, bundle)
            self._write()
        try:
            yield
        finally:
            with self._lock:
                self._notes.alone = None
                self._write()

    def note_hang(self) -> None:
        """Note that the process is ended because a stage has no result, and note nothing more.

        The end cancels what waits for the batches. They are still in work, in threads that hang.
        """
        with self._lock:
            self._notes.hangs = True
            self._write()
            self._is_final = True

    def close(self) -> None:
        """Free the file for another worker."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self) -> None:
        if self._file is None or self._is_final:
            return
        try:
            self._file.write(asdict(self._notes))
        except OSError as error:
            # A full disk must not end a worker that can still score.
            log.warning("the scoring journal cannot be written", error=error.strerror)


def open_journal(folder: Path | None) -> ScoringJournal:
    """Open the journal of this worker.

    Args:
        folder: of the setting; None for systemd's, and without that one for a journal that notes nothing.

    Raises:
        FatalError: the folder cannot be written.
    """
    systemd = os.environ.get(SYSTEMD_FOLDERS, "").split(":")[0]
    if folder is None and systemd:
        folder = Path(systemd)
    if folder is None:
        return ScoringJournal(None)
    try:
        return ScoringJournal(JournalFile(folder))
    except OSError as error:
        raise FatalError(
            f"{folder} cannot be written: {error.strerror}",
            "correct worker.state_dir (ADE_WORKER__STATE_DIR), or the permissions of the folder",
        ) from error


def _after_the_end(notes: _Notes, *, was_fault: bool) -> _Notes:
    """Return the notes for a new process, from those of the process that ended."""
    posts = dict(notes.posts)
    suspects = list(notes.suspects)
    if was_fault or notes.hangs:
        if notes.alone is not None:
            posts[notes.alone] = ends = posts.pop(notes.alone, 0) + 1
            log.warning("the process ended while it scored one post alone", ends=ends, post=notes.alone)
        for span in notes.in_work:
            ends = 1 + max((suspect.ends for suspect in suspects if suspect.overlaps(span)), default=0)
            suspects = [*_without(suspects, span), replace(span, ends=ends)]
    return _Notes(suspects=suspects[-MOST_KEPT:], posts=dict(list(posts.items())[-MOST_KEPT:]))


def _without(suspects: Sequence[Span], span: Span) -> list[Span]:
    return [part for suspect in suspects for part in suspect.without(span)]


def _notes_of(content: dict[str, Any]) -> _Notes:
    try:
        return TypeAdapter(_Notes).validate_python(content)
    except ValidationError:
        log.warning("the scoring journal is damaged, and starts empty")
        return _Notes()


def _spans_of(posts: Sequence[ReceivedPost]) -> list[Span]:
    """Return the messages of some posts, as one span for each partition."""
    offsets: dict[tuple[str, int], list[int]] = {}
    for received in posts:
        origin = received.origin
        offsets.setdefault((origin.topic, origin.partition), []).append(origin.offset)
    return [
        Span(topic, partition, min(places), max(places)) for (topic, partition), places in offsets.items()
    ]


def _hash_of(received: ReceivedPost, bundle: str) -> str:
    """Return a hash of what the model reads of a post, and of the bundle: another one may be able to."""
    text = "\0".join((bundle, received.post.text, received.post.context_text))
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
