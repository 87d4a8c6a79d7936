"""A post as it was read, in a few lines for people: a wrong guess about a file shows at once."""

from __future__ import annotations

from datetime import UTC
from typing import Final

from monitor.records import ComplianceEvent, Post, PostKind

_TEXT_SHOWN: Final = 160
_CONTEXT_SHOWN: Final = 80


def preview_lines(item: Post | ComplianceEvent) -> list[str]:
    """Return lines that show a post or an event: its fields, and the starts of its texts."""
    if isinstance(item, ComplianceEvent):
        subject = f"author {item.author_id}" if item.post_id is None else f"post {item.post_id}"
        return [f"{item.kind.value} of {subject}"]
    date = None if item.created_at is None else item.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    fields = [
        f"id {item.id}",
        f"author {item.author_id}" if item.author_id else "no author",
        date or "no date",
        item.lang or "no language",
        item.kind.value
        if item.kind is PostKind.ORIGINAL
        else f"{item.kind.value} of {item.referenced_id or '?'}",
    ]
    if item.platform:
        fields.insert(0, item.platform)
    lines = [", ".join(fields), f"text: {_shortened(item.text, _TEXT_SHOWN)}"]
    lines += [f"{part.kind.value}: {_shortened(part.text, _CONTEXT_SHOWN)}" for part in item.context]
    return lines


def _shortened(text: str, longest: int) -> str:
    """Return the start of a text on one line."""
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest and len(text) <= 4 * longest else f"{line[:longest].rstrip()}…"
