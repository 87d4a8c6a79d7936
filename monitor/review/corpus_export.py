"""Reviews as a corpus: the records that `ade-train prepare --format reviews` reads.

`training/corpora/reviews.py` describes the format. Neither package imports the other; a test reads with one
what the other has written.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from monitor.settings import Settings
from monitor.store import reading_engine, translate_driver_errors
from monitor.store.audit import AuditEntry, record_audit
from monitor.store.reviews import (
    NO_TERM,
    DecidedItem,
    ReviewDecision,
    ReviewedPost,
    count_partly_reviewed,
    read_reviewed,
)

_EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)

_IN_MEMORY: Final = 8 * 1024 * 1024  # bytes; a longer export waits in a file that only we can open

_HAS_SPAN: Final = (
    ReviewDecision.CORRECT,
    ReviewDecision.WRONG_SPAN,
    ReviewDecision.WRONG_PT,
    ReviewDecision.WRONG_DRUG,
    ReviewDecision.MISSED_ADE,
)


@dataclass(frozen=True, slots=True)
class CorpusExport:
    """What was exported.

    Attributes:
        decisions: number of posts by decision: confirmed, corrected, rejected, unclear.
        waiting: posts of the window that were left out, because some of their mentions are not reviewed yet.
        sha256: digest of all lines, in hexadecimal.
        entry: number of the entry in the audit.
    """

    decisions: Counter[str]
    waiting: int
    sha256: str
    entry: int

    @property
    def posts(self) -> int:
        """Number of posts."""
        return self.decisions.total()


def export_reviews(
    settings: Settings,
    write: Callable[[str], object],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    reason: str | None = None,
) -> CorpusExport:
    """Export the posts that were decided in a window, one JSON object on each line.

    The entry of the audit is written before the first line. If it cannot be written, nothing is exported.

    Args:
        settings: which database.
        write: called with each line, with its newline.
        since: decided at this time or later; None for all.
        until: all verdicts are from before this time; None for now.
        reason: why, for the audit.

    Raises:
        RetryableError: the database is away.
        FatalError: the login may not read, or not append to the audit.
    """
    until = until or datetime.now(UTC)
    window = (since or _EARLIEST, until)
    decisions: Counter[str] = Counter()
    digest = hashlib.sha256()
    database = settings.database
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="\n") as lines:
        with translate_driver_errors(database), reading_engine(database).connect() as connection:
            for post in read_reviewed(connection, *window):
                record = review_record(post)
                line = f"{json.dumps(record, ensure_ascii=False)}\n"
                decisions[record["decision"]] += 1
                digest.update(line.encode("utf-8"))
                lines.write(line)
            waiting = count_partly_reviewed(connection, *window)
        details = {
            "format": "reviews",
            "since": since and since.astimezone(UTC).isoformat(),
            "until": until.astimezone(UTC).isoformat(),
            "posts": decisions.total(),
            "sha256": digest.hexdigest(),
        }
        entry = record_audit(settings, AuditEntry("export", "reviews", reason, details))
        lines.seek(0)
        for line in lines:
            write(line)
    return CorpusExport(decisions, waiting, digest.hexdigest(), entry)


def review_record(post: ReviewedPost) -> dict[str, Any]:
    """Return the record of a post: its label and its spans as they hold after the review."""
    last = max(post.items, key=lambda item: item.decided_at)
    spans = [span for item in post.items if (span := _span(post.text, post.label, item)) is not None]
    outcomes = {item.outcome for item in post.items}
    is_ade = bool(spans) or (post.label == "ADE" and ReviewDecision.CORRECT in outcomes)
    if ReviewDecision.CANNOT_TELL in outcomes:
        decision, label = "unclear", None
    elif outcomes == {ReviewDecision.CORRECT}:
        decision, label = "confirmed", post.label
    elif not is_ade:
        decision, label = "rejected", "NoADE"
    else:
        decision, label = "corrected", "ADE"
    record = {
        "id": post.tweet_id,
        "text": post.text,
        "decision": decision,
        "label": label,
        "spans": sorted(spans, key=lambda span: (span["start"], span["end"])) if label == "ADE" else [],
        "reviewer": last.reviewer,
        "reviewed_at": last.decided_at.astimezone(UTC).isoformat(),
        "bundle": post.bundle,
    }
    return record | {"context": post.context} if post.context else record


def _span(text: str, label: str, item: DecidedItem) -> dict[str, Any] | None:
    """Return the span that holds for an item, or None if it has none."""
    place = item.right_span or item.span
    if item.outcome not in _HAS_SPAN or place is None:
        return None
    if item.outcome is ReviewDecision.CORRECT and label != "ADE":
        return None
    ptid, name = item.ptid, item.pt_name
    if item.right_ptid is not None:
        ptid, name = item.right_ptid, item.right_pt_name
    if ptid in (None, NO_TERM):
        ptid, name = None, None
    return {"start": place[0], "end": place[1], "text": text[slice(*place)], "ptid": ptid, "pt_name": name}
