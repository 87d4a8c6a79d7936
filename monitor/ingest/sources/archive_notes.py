"""What a Twitter archive keeps outside its posts: their author, and the whole texts of long ones.

The author is in `account.js`, long texts are in `note-tweet.js`. A note does not name its post. It has the
same second of creation, and its text starts as the cut text of the post does.
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
_CUT_END: Final = re.compile(r"(?:…|\.\.\.)?\s*+(?:https?://\S++)?\s*+$")
_LONGEST_CUT_END: Final = 100
_LONGEST_START: Final = 60
_SHORTEST_START: Final = 10
_SECOND: Final = len("2024-05-01T09:00:00")


class ArchiveNotes:
    """The authors and the long posts of archives. Add both before you complete the posts.

    `place` is the folder that the files of an archive are in, since several archives may be read.
    """

    def __init__(self) -> None:
        self._texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._users: dict[str, Document] = {}

    def add(self, item: Document, place: str = "") -> bool:
        """Keep an item of `note-tweet.js` or of `account.js`; return False if the item is neither."""
        account_id = nested(item.get("account"), "accountId") if len(item) == 1 else None
        if isinstance(account_id, str):
            self._users[place] = {"id_str": account_id, "screen_name": nested(item["account"], "username")}
            return True
        note = mapping(item.get("noteTweet"))
        if note is None:
            return False
        text, second = nested(note, "core", "text"), _second(note.get("createdAt"))
        if isinstance(text, str) and second is not None:
            self._texts[second].append((_start(text), text))
        return True

    def complete(self, item: Document, place: str = "") -> Document:
        """Return an item of `tweets.js` with its author and its whole text, as far as they are known."""
        tweet = mapping(item.get("tweet"))
        if tweet is None:
            return item
        added: dict[str, Any] = {}
        if "user" not in tweet and (user := self._users.get(place)) is not None:
            added["user"] = user
        if self._texts and (text := self._whole_text(tweet)) is not None:
            added["full_text"] = text
        return {**item, "tweet": {**tweet, **added}} if added else item

    def _whole_text(self, tweet: Document) -> str | None:
        text, second = tweet.get("full_text"), _second(tweet.get("created_at"))
        if not isinstance(text, str) or second is None or second not in self._texts:
            return None
        start = _start(text[:-_LONGEST_CUT_END] + _CUT_END.sub("", text[-_LONGEST_CUT_END:]))
        if len(start) < _SHORTEST_START:
            return None
        for note_start, note in self._texts[second]:
            if note_start.startswith(start) and len(note) > len(text):
                return note
        return None


def _second(date: Any) -> str | None:
    """Return a date to the second. Both files write UTC."""
    moment = to_rfc3339(date)
    return moment[:_SECOND] if isinstance(moment, str) else None


def _start(text: str) -> str:
    """Return the first letters and digits of a text, for comparison."""
    words = _COMPARED.findall(html.unescape(text[: 4 * _LONGEST_START]))
    return "".join(words[:_LONGEST_START]).casefold()
