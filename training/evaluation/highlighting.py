"""A text with its spans made visible, in Markdown or HTML, whatever characters it has."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from training.scorer import Mark

_MARKDOWN = re.compile(r"([\\`*_\[\]|~$:])")
# What HTML does not allow, or what changes the order of what stands behind it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def in_html(text: str, marks: Sequence[Mark]) -> str:
    """Give the text as HTML, each span in `<mark>`; overlapping spans are one."""
    return "".join(
        f"<mark>{escape_html(piece)}</mark>" if inside else escape_html(piece)
        for piece, inside in _pieces(text, marks)
    )


def in_markdown(text: str, marks: Sequence[Mark]) -> str:
    """Give the text for a cell of a Markdown table, each span bold; overlapping spans are one."""
    return "".join(
        f"<b>{escape_markdown(piece)}</b>" if inside else escape_markdown(piece)
        for piece, inside in _pieces(text, marks)
    )


def escape_html(text: str) -> str:
    """Make every character stand for itself in HTML; line breaks are kept."""
    return html.escape(_UNSEEN.sub("\ufffd", text)).replace("\n", "<br>")


def escape_markdown(text: str) -> str:
    """Make every character stand for itself in a cell of a Markdown table."""
    one_line = " ".join(_UNSEEN.sub("\ufffd", text).splitlines())
    return html.escape(_MARKDOWN.sub(r"\\\1", one_line), quote=False)


def _pieces(text: str, marks: Sequence[Mark]) -> Iterator[tuple[str, bool]]:
    """Cut a text into pieces inside and outside of spans; offsets beyond its end are cut."""
    done = 0
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        start, end = max(done, mark.start), min(len(text), mark.end)
        if start >= end:
            continue
        if start > done:
            yield text[done:start], False
        yield text[start:end], True
        done = end
    if done < len(text):
        yield text[done:], False
