"""Titles of columns, and which field of a post each one is.

A title is compared without case, blanks and punctuation: "Tweet Id", "tweet_id" and "tweetid" are the same.
Of several columns for a field, the first one in the order below counts that has a value in the row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

Titles = tuple[str, ...]

_BRACKETS: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_NOT_A_LETTER: Final = re.compile(r"[\W_]+")


def normalized(title: object) -> str:
    """Return a title as the profiles have it: letters and digits only, in lower case, nothing in brackets."""
    text = str(title).strip().casefold()
    return _NOT_A_LETTER.sub("", _BRACKETS.sub("", text)) or _NOT_A_LETTER.sub("", text)


@dataclass(frozen=True)
class TableProfile:
    """A kind of table, recognized from the titles of its columns.

    Attributes:
        name: name of the tool; the prefix of its ids, if it has own ones.
        title: its name for people.
        marks: titles that only this kind of table has all of.
        columns: the titles for each field, the preferred ones first. Fields are those of the contract, and
            `time` (of a day in `created_at`), `repost_of`, `quote_of` and `reply_to` (ids of posts),
            `repost_name`, `repost_text` and `quote_text` (of the other post), `username`, `history` (ids of
            all versions), `title` and `place` (context), `referenced_url`, and
            `tool_id` (id in the tool).
        platform: platform of all its posts, or None if a column has it.
        escapes_line_ends: True if line ends in its cells are written as a backslash and an n.
    """

    name: str
    title: str
    marks: Titles
    columns: Mapping[str, Titles]
    platform: str | None = None
    escapes_line_ends: bool = False

    @property
    def is_listening_tool(self) -> bool:
        """True if its posts come from several platforms, and have ids of the tool."""
        return "tool_id" in self.columns

    def fits(self, titles: Iterable[str]) -> bool:
        """Return True if the (normalized) titles of a table are those of this kind."""
        return set(self.marks) <= set(titles)


_REFERENCES: Final[Mapping[str, Titles]] = {
    "repost_of": (
        "referencedtweetsretweetedid",
        "retweetedstatusid",
        "retweetedstatusidstr",
        "retweetstatusid",
        "retweetid",
    ),
    "quote_of": (
        "referencedtweetsquotedid",
        "quotedstatusid",
        "quotedstatusidstr",
        "quoteid",
        "quotedtweetid",
    ),
    "reply_to": (
        "referencedtweetsrepliedtoid",
        "inreplytostatusid",
        "inreplytostatusidstr",
        "inreplytotweetid",
        "replytostatusid",
        "replytoid",
    ),
    "repost_name": (
        "retweetedusername",
        "retweetedscreenname",
        "retweetscreenname",
        "retweetedstatususerscreenname",
    ),
    "repost_text": ("retweetedstatusfulltext", "retweetedstatustext", "retweettext", "retweetedtext"),
    "quote_text": ("quotedstatusfulltext", "quotedstatustext", "quotedtext"),
    "username": ("authorusername", "username", "screenname", "userscreenname", "fromuser", "fromusername"),
    "history": ("edithistorytweetids",),
}

USUAL: Final = TableProfile(
    "table",
    "a table of posts",
    (),
    {
        "id": (
            "tweetid",
            "tweetidstr",
            "idstr",
            "statusid",
            "id",
            "postid",
            "messageid",
            "commentid",
            "documentid",
            "docid",
            "uniqueid",
            "importedid",
            "twitterid",
            "uid",
        ),
        "text": (
            "fulltext",
            "tweettext",
            "text",
            "rawcontent",
            "tweet",
            "tweetcontent",
            "content",
            "body",
            "posttext",
            "message",
            "post",
            "comment",
            "commenttext",
            "selftext",
            "renderedcontent",
            "review",
            "sentence",
        ),
        "author_id": (
            "authorid",
            "userid",
            "useridstr",
            "twitterauthorid",
            "xauthorid",
            "fromuseridstr",
            "fromuserid",
            "author",
            "username",
            "authorusername",
            "screenname",
            "userscreenname",
            "fromuser",
            "fromusername",
            "user",
            "authorname",
        ),
        "created_at": (
            "createdat",
            "parsedcreatedat",
            "tweetcreatedat",
            "createdutc",
            "date",
            "datetime",
            "timestamp",
            "postedat",
            "postedtime",
            "publishedat",
            "published",
            "publicationdate",
            "createdtime",
            "created",
            "createddate",
            "datepublished",
            "dateposted",
            "tweetdate",
            "tweetpostedtime",
        ),
        "lang": ("lang", "language", "languagecode", "tweetlang"),
        "url": ("url", "tweeturl", "permalink", "posturl", "link", "statusurl", "permanenturl"),
        "platform": ("platform", "socialnetwork", "network", "pagetype", "sourcetype"),
        "kind": ("tweettype", "kind", "posttype"),
        **_REFERENCES,
    },
)
"""Any table whose columns have usual titles."""
