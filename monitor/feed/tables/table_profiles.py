"""The kinds of tables, and of which kind a table is: usual ones, archives of tweets, exports of tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from monitor.feed.tables.column_titles import USUAL, TableProfile, normalized
from monitor.feed.tables.listening_tools import LISTENING_TOOLS

_X_ONLY: Final = (
    "tweetid",
    "tweetidstr",
    "tweettext",
    "tweet",
    "tweeturl",
    "conversationid",
    "retweetcount",
    "retweetstatusid",
    "retweetedstatusid",
    "quotedstatusid",
    "inreplytostatusid",
    "replytostatusid",
    "edithistorytweetids",
    "referencedtweetsretweetedid",
)

PROFILES: Final[Sequence[TableProfile]] = (
    TableProfile(
        "twarc",
        "a CSV of twarc",
        ("id", "text", "twarcretrievedat"),
        {**USUAL.columns, "id": ("id",), "text": ("text",)},
        platform="x",
        escapes_line_ends=True,
    ),
    TableProfile(
        "sfm",
        "an export of Social Feed Manager",
        ("id", "text", "tweettype", "tweeturl"),
        {
            **USUAL.columns,
            "id": ("id",),
            "text": ("text",),
            "created_at": ("parsedcreatedat", "createdat"),
            # `tweet_type` is the kind; a repeated quote has the ids of both posts.
            "repost_of": (),
            "quote_of": (),
            "reply_to": (),
            "referenced_id": ("retweetorquoteid", "quoteid", "inreplytostatusid"),
            "repost_name": ("retweetorquotescreenname",),
        },
        platform="x",
    ),
    *LISTENING_TOOLS,
)
"""Kinds of tables with own rules, the most distinctive ones first."""


def profile_of(titles: Sequence[str]) -> TableProfile:
    """Return the profile of a table with these (normalized) titles; `USUAL` if it is of no special kind."""
    return next((profile for profile in PROFILES if profile.fits(titles)), USUAL)


def is_header(cells: Iterable[object]) -> bool:
    """Return True if a row has the usual titles of an id, or of a URL, and of a text."""
    titles = {normalized(cell) for cell in cells}
    if any(profile.fits(titles) for profile in PROFILES):
        return True
    has = {field: not titles.isdisjoint(USUAL.columns[field]) for field in ("id", "text", "url")}
    return has["text"] and (has["id"] or has["url"])


def is_about_x(titles: Iterable[str]) -> bool:
    """Return True if a (normalized) title is one that only tables of tweets have."""
    return not set(_X_ONLY).isdisjoint(titles)
