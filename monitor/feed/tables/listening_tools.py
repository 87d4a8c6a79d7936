"""Exports of listening tools: the titles that each tool gives its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from monitor.feed.tables.column_titles import TableProfile

_TALKWALKER: Final = TableProfile(
    "talkwalker",
    "an export of Talkwalker",
    ("contentsnippet", "titlesnippet", "sourcetype"),
    {
        "tool_id": ("externalid", "urn"),
        "text": ("content", "contentsnippet", "title"),
        "author_id": (
            "extraauthorattributesid",
            "extraauthorattributesshortname",
            "extraauthorattributesname",
        ),
        "created_at": ("published", "indexed"),
        "lang": ("lang", "language"),
        "url": ("url",),
        "platform": ("sourcetype",),
        "title": ("title",),
        "place": ("extrasourceattributesname", "hosturl", "domainurl"),
    },
)

LISTENING_TOOLS: Final[Sequence[TableProfile]] = (
    TableProfile(
        "brandwatch",
        "an export of Brandwatch",
        ("pagetype", "snippet"),
        {
            "tool_id": ("resourceid", "mentionid"),
            "text": ("fulltext", "snippet", "title"),
            "author_id": ("twitterauthorid", "xauthorid", "blueskyauthorid", "author", "fullname"),
            "created_at": ("date", "added"),
            "lang": ("language",),
            "url": ("url", "originalurl"),
            "platform": ("pagetype", "contentsourcename", "contentsource", "domain"),
            "kind": ("engagementtype", "threadentrytype"),
            "title": ("title",),
            "place": ("subreddit", "domain"),
            "referenced_url": ("twitterretweetof", "xrepostof", "twitterreplyto", "xreplyto"),
        },
    ),
    TableProfile(
        "meltwater",
        "an export of Meltwater",
        ("hitsentence", "openingtext"),
        {
            "id": ("tweetid",),
            "tool_id": ("documentid",),
            "text": ("fulltext", "content", "hitsentence", "openingtext", "headline", "title"),
            "author_id": ("twitterid", "authorhandle", "twitterscreenname", "influencer", "authorname"),
            "created_at": ("date", "alternatedateformat"),
            "time": ("time",),
            "lang": ("language",),
            "url": ("url",),
            "platform": ("sourcetype", "informationtype", "source", "sourcename"),
            "kind": ("contenttype",),
            "title": ("title", "headline"),
            "place": ("sourcename", "source"),
        },
    ),
    _TALKWALKER,
    # Exports with chosen columns only.
    replace(_TALKWALKER, marks=("content", "published", "extraauthorattributesname")),
    TableProfile(
        "sprinklr",
        "an export of Sprinklr",
        ("conversationstream", "permalink"),
        {
            "tool_id": ("universalmessageid", "messageid", "snmessageid"),
            "text": ("conversationstream", "message"),
            "author_id": ("senderuserid", "senderscreenname", "authorscreenname", "username"),
            "created_at": ("createdtime", "createddate"),
            "lang": ("language",),
            "url": ("permalink",),
            "platform": ("sntypecolumn", "socialnetwork", "mediatype", "source"),
            "kind": ("messagetype",),
            "title": ("title",),
        },
    ),
    TableProfile(
        "sprinklr",
        "an export of Sprinklr",
        ("senderscreenname", "permalink", "message"),
        {
            "tool_id": ("universalmessageid", "messageid", "snmessageid"),
            "text": ("message",),
            "author_id": ("senderuserid", "senderscreenname", "username"),
            "created_at": ("createdtime", "createddate"),
            "lang": ("language",),
            "url": ("permalink",),
            "platform": ("sntypecolumn", "socialnetwork", "socialnetworktype", "sntype", "source"),
            "kind": ("messagetype",),
            "title": ("title",),
        },
    ),
)
"""The exports of tools. Their posts come from several platforms."""
