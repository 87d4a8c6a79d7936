"""Long posts of a Twitter archive: the archive keeps their whole texts in another file, `note-tweet.js`.

A note does not name its post. It has the same second of creation, and its text starts as the cut text of the
post does.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339
from monitor.ingest.sources.json_access import mapping, nested
from monitor.ingest.sources.post_source import Document

# The two files write links and entities in different ways, so only letters and digits are compared. A cut
# text ends with an ellipsis, often with a link to the whole post after it.
_COMPARED: Final = re.compile(r"\w")
_CUT_END: Final = re.compile(r"(?:…|\.\.\.)?\s*(?:https?://\S+)?\s*$")
_LONGEST_START: Final = 60
_SHORTEST_START: Final = 10
_SECOND: Final = len("2024-05-01T09:00:00")


class ArchiveNotes:
    """The whole texts of the long posts of one archive. Read its notes first, then complete its posts."""

    def __init__(self) -> None:
        self._texts: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def add(self, item: Document) -> bool:
        """Keep the text of an item of `note-tweet.js`; return False if the item is not a note."""
        note = mapping(item.get("noteTweet"))
        if note is None:
            return False
        text, second = nested(note, "core", "text"), _second(note.get("createdAt"))
        if isinstance(text, str) and second is not None:
            self._texts[second].append((_start(text), text))
        return True

    def complete(self, item: Document) -> Document:
        """Return an item of `tweets.js` with its whole text, or the item itself if no note belongs to it."""
        tweet = mapping(item.get("tweet"))
        if tweet is None or not self._texts:
            return item
        text, second = tweet.get("full_text"), _second(tweet.get("created_at"))
        if not isinstance(text, str) or second is None or second not in self._texts:
            return item
        start = _start(_CUT_END.sub("", text))
        if len(start) < _SHORTEST_START:
            return item
        for note_start, note in self._texts[second]:
            if note_start.startswith(start) and len(note) > len(text):
                return {**item, "tweet": {**tweet, "full_text": note}}
        return item


def _second(date: Any) -> str | None:
    """Return a date to the second. Both files write UTC."""
    moment = to_rfc3339(date)
    return moment[:_SECOND] if isinstance(moment, str) else None


def _start(text: str) -> str:
    """Return the first letters and digits of a text, for comparison."""
    words = _COMPARED.findall(html.unescape(text[: 4 * _LONGEST_START]))
    return "".join(words[:_LONGEST_START]).casefold()
