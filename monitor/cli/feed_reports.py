"""What `ade-monitor feed` prints: the formats of files, their first posts, rejects, and the results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from monitor.cli.console import ShowProgress, print_error, print_json, print_note
from monitor.feed import (
    Detection,
    FeedItem,
    FeedProgress,
    FeedReports,
    FeedSummary,
    FileSummary,
    PostMessage,
    Reject,
    RejectLog,
    preview_lines,
)
from monitor.ingest.sources import source_named

SHOWN_MESSAGES: Final = 5
"""Number of messages that `--dry-run` shows."""


class TerminalReports(FeedReports):
    """Prints on stderr what a feed reports, and keeps the log of its rejects.

    Args:
        rejects: the log.
        show: shows how far the feed is.
        is_rehearsal: True if nothing is sent.
    """

    def __init__(self, rejects: RejectLog, show: ShowProgress, *, is_rehearsal: bool = False) -> None:
        self._rejects = rejects
        self._show = show
        self._done = "checked" if is_rehearsal else "sent"

    def note(self, text: str) -> None:
        """Print a note."""
        print_note(text)

    def detected(self, name: str, detection: Detection) -> None:
        """Print the format of a file."""
        print_note(f"{name}: read as {detection.form.name} ({detection.form.title}): {detection.why}")

    def first_post(self, item: FeedItem) -> None:
        """Print the first post of a file as it was read."""
        source = source_named(item.source)
        origin = f", {source.title} ({source.name})" if source else ""
        first, *others = preview_lines(item.content)
        print_note(f"  line {item.line}{origin}: {first}")
        for line in others:
            print_note(f"    {line}")

    def rejected(self, name: str, reject: Reject) -> None:
        """Print one of the first rejects, and write all of them to the file of rejects."""
        self._rejects.add(name, reject)

    def ended(self, file: FileSummary) -> None:
        """Print why a file was not read to its end, or that there was nothing in it."""
        if file.error is not None:
            print_error(str(file.error))
        elif not file.read:
            print_note(f"{file.name} has no posts in it")

    def progress(self, progress: FeedProgress) -> None:
        """Show how far the file is read."""
        place = f", file {progress.files:,}: {progress.name}" if progress.files > 1 else ""
        counts = f"{progress.sent:,} {self._done}, {progress.rejected:,} rejected{place}"
        self._show(progress.position, progress.size, counts)


class MessageSample:
    """The first messages of a rehearsal, as they would be sent.

    Args:
        is_quiet: True to keep them for the summary only; False to print them at once, too.

    Attributes:
        messages: the messages.
    """

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self.messages: list[PostMessage] = []

    def add(self, message: PostMessage) -> None:
        """Take a message, unless there are enough."""
        if len(self.messages) == SHOWN_MESSAGES:
            return
        self.messages.append(message)
        if not self._is_quiet:
            print_json(message_record(message))


def file_line(file: FileSummary) -> str:
    """Return the result of one file on one line."""
    sources = ", ".join(f"{name} {count:,}" for name, count in file.sources.most_common())
    form = "" if file.form is None else f" ({file.form}{': ' + sources if sources else ''})"
    error = ", ended by an error" if file.error else ""
    return f"{file.name}{form}: read {file.read:,}{_events(file.events)}, {_rejected(file.reasons)}{error}"


def summary_line(summary: FeedSummary, topic: str | None) -> str:
    """Return the result of all files on one line; `topic` is None if nothing was to be sent."""
    if topic is None:
        return f"read {summary.read:,}{_events(summary.events)}, sent nothing, {_rejected(summary.reasons)}"
    failed = f", failed {summary.failed:,}" if summary.failed else ""
    duration = f"{summary.seconds:.1f} s ({summary.per_second:,.0f}/s)"
    return (
        f"read {summary.read:,}{_events(summary.events)}, sent {summary.sent:,} to {topic}, "
        f"{_rejected(summary.reasons)}{failed}, in {duration}"
    )


def rehearsal_record(summary: FeedSummary, sample: MessageSample) -> dict[str, Any]:
    """Return the result of a rehearsal for `--json`, with the first messages that would be sent."""
    messages = list(map(message_record, sample.messages))
    return summary_record(summary, None) | {"sent": 0, "per_second": 0.0, "messages": messages}


def message_record(message: PostMessage) -> dict[str, Any]:
    """Return a message ready for JSON."""
    return {"key": message.key.decode(), "value": json.loads(message.value)}


def summary_record(summary: FeedSummary, topic: str | None) -> dict[str, Any]:
    """Return the result of all files for `--json`; `topic` is None if nothing was to be sent."""
    return {
        "topic": topic,
        "read": summary.read,
        "events": summary.events,
        "sent": summary.sent,
        "rejected": summary.rejected,
        "reasons": dict(summary.reasons),
        "failed": summary.failed,
        "seconds": round(summary.seconds, 3),
        "per_second": round(summary.per_second, 1),
        "complete": summary.stopped_by is None and not summary.failures,
        "files": [_file_record(file) for file in summary.files],
    }


def _file_record(file: FileSummary) -> dict[str, Any]:
    return {
        "file": file.name,
        "format": file.form,
        "sources": dict(file.sources),
        "read": file.read,
        "events": file.events,
        "rejected": file.rejected,
        "reasons": dict(file.reasons),
        "last_line": file.line,
        "error": None if file.error is None else str(file.error),
    }


def _events(count: int) -> str:
    return f" ({count:,} of them deletions and other events)" if count else ""


def _rejected(reasons: Mapping[str, int]) -> str:
    details = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
    return f"rejected {sum(reasons.values()):,}" + (f" ({details})" if details else "")
