"""Invented objects of X in each of its formats, after the published data dictionaries.

The ids are snowflakes of 1 May 2024 and later; no post and no account has them.
"""

from __future__ import annotations

from typing import Any, Final

Example = dict[str, Any]

FIRST_ID: Final = "1785595011388149761"
SECOND_ID: Final = "1785598031609991169"
"""The edit of the post with `FIRST_ID`, twelve minutes later."""
ORIGINAL_ID: Final = "1785232624264941569"
QUOTED_ID: Final = "1784870235141050369"
PARENT_ID: Final = "1784507847275450369"

LONG_TEXT: Final = "week three on sertraline and the dizziness has not gone away. " * 6
CUT_TEXT: Final = LONG_TEXT[:270] + "…"

V2_POST: Final[Example] = {
    "id": FIRST_ID,
    "text": "day 3 on zoloft and i can't stop shaking",
    "author_id": "90000000000000017",
    "created_at": "2024-05-01T09:00:00.000Z",
    "lang": "en",
    "conversation_id": FIRST_ID,
    "edit_history_tweet_ids": [FIRST_ID],
    "edit_controls": {
        "edits_remaining": 5,
        "is_edit_eligible": True,
        "editable_until": "2024-05-01T10:00:00.000Z",
    },
    "public_metrics": {"retweet_count": 0, "reply_count": 1, "like_count": 2, "quote_count": 0},
    "possibly_sensitive": False,
    "reply_settings": "everyone",
}
V2_ORIGINAL: Final[Example] = {
    "id": ORIGINAL_ID,
    "text": CUT_TEXT,
    "note_tweet": {"text": LONG_TEXT},
    "author_id": "90000000000000021",
    "created_at": "2024-04-30T09:00:00.000Z",
    "lang": "en",
    "edit_history_tweet_ids": [ORIGINAL_ID],
}
V2_QUOTED: Final[Example] = {
    "id": QUOTED_ID,
    "text": "does anyone else get headaches from lexapro?",
    "author_id": "90000000000000022",
    "edit_history_tweet_ids": [QUOTED_ID],
}
V2_PARENT: Final[Example] = {
    "id": PARENT_ID,
    "text": "how is the new dose going?",
    "author_id": "90000000000000023",
    "edit_history_tweet_ids": [PARENT_ID],
}
V2_USERS: Final[list[Example]] = [
    {"id": "90000000000000017", "name": "Invented Writer", "username": "invented_writer"},
    {"id": "90000000000000021", "name": "Invented Source", "username": "invented_source"},
]
V2_RETWEET: Final[Example] = V2_POST | {
    "text": f"RT @invented_source: {LONG_TEXT[:118]}…",
    "referenced_tweets": [{"type": "retweeted", "id": ORIGINAL_ID}],
}
V2_PAGE: Final[Example] = {
    "data": [V2_RETWEET, V2_POST | {"id": SECOND_ID, "edit_history_tweet_ids": [SECOND_ID]}],
    "includes": {"tweets": [V2_ORIGINAL], "users": V2_USERS},
    "meta": {"newest_id": SECOND_ID, "oldest_id": FIRST_ID, "result_count": 2},
}
V2_FLATTENED: Final[Example] = V2_POST | {
    "text": f"RT @invented_source: {LONG_TEXT[:118]}…",
    "author": V2_USERS[0],
    "referenced_tweets": [{"type": "retweeted"} | V2_ORIGINAL | {"author": V2_USERS[1]}],
    "__twarc": {"url": "https://api.twitter.com/2/tweets/search/all", "version": "2.14.0"},
}

V1_POST: Final[Example] = {
    "created_at": "Wed May 01 09:00:00 +0000 2024",
    "id": int(FIRST_ID) - 56,
    "id_str": FIRST_ID,
    "text": CUT_TEXT[:130],
    "truncated": True,
    "extended_tweet": {"full_text": LONG_TEXT, "display_text_range": [0, 372]},
    "in_reply_to_status_id": None,
    "in_reply_to_status_id_str": None,
    "user": {"id": 90000000000000017, "id_str": "90000000000000017", "screen_name": "invented_writer"},
    "is_quote_status": False,
    "lang": "en",
    "timestamp_ms": "1714554000000",
}
V1_RETWEET: Final[Example] = {
    "created_at": "Wed May 01 09:00:00 +0000 2024",
    "id": int(FIRST_ID),
    "id_str": FIRST_ID,
    "full_text": f"RT @invented_source: {LONG_TEXT[:118]}…",
    "user": {"id_str": "90000000000000017", "screen_name": "invented_writer"},
    "retweeted_status": V1_POST
    | {"id_str": ORIGINAL_ID, "user": {"id_str": "90000000000000021", "screen_name": "invented_source"}},
    "lang": "en",
}

GNIP_POST: Final[Example] = {
    "id": f"tag:search.twitter.com,2005:{FIRST_ID}",
    "objectType": "activity",
    "verb": "post",
    "postedTime": "2024-05-01T09:00:00.000Z",
    "actor": {
        "objectType": "person",
        "id": "id:twitter.com:90000000000000017",
        "preferredUsername": "invented_writer",
    },
    "provider": {"objectType": "service", "displayName": "Twitter"},
    "link": f"http://twitter.com/invented_writer/statuses/{FIRST_ID}",
    "body": CUT_TEXT[:130],
    "long_object": {"body": LONG_TEXT, "display_text_range": [0, 372]},
    "object": {"objectType": "note", "id": f"object:search.twitter.com,2005:{FIRST_ID}"},
    "twitter_lang": "en",
    "gnip": {"matching_rules": [{"value": "sertraline"}]},
}
GNIP_SHARE: Final[Example] = GNIP_POST | {
    "verb": "share",
    "body": f"RT @invented_source: {LONG_TEXT[:118]}…",
    "object": GNIP_POST
    | {
        "id": f"tag:search.twitter.com,2005:{ORIGINAL_ID}",
        "actor": {"id": "id:twitter.com:90000000000000021", "preferredUsername": "invented_source"},
    },
}
del GNIP_SHARE["long_object"]

ARCHIVE_ITEM: Final[Example] = {
    "tweet": {
        "edit_info": {
            "initial": {"editTweetIds": [FIRST_ID], "editsRemaining": "5", "isEditEligible": True},
        },
        "retweeted": False,
        "display_text_range": ["0", "40"],
        "favorite_count": "2",
        "id": FIRST_ID,
        "id_str": FIRST_ID,
        "created_at": "Wed May 01 09:00:00 +0000 2024",
        "full_text": "day 3 on zoloft and i can't stop shaking",
        "lang": "en",
    }
}

SNSCRAPE_POST: Final[Example] = {
    "_type": "snscrape.modules.twitter.Tweet",
    "url": f"https://twitter.com/invented_writer/status/{FIRST_ID}",
    "date": "2024-05-01T09:00:00+00:00",
    "rawContent": "day 3 on zoloft and i can't stop shaking",
    "renderedContent": "day 3 on zoloft and i can't stop shaking",
    "id": int(FIRST_ID),
    "user": {
        "_type": "snscrape.modules.twitter.User",
        "id": 90000000000000017,
        "username": "invented_writer",
    },
    "conversationId": int(FIRST_ID),
    "lang": "en",
    "retweetedTweet": None,
    "quotedTweet": None,
    "inReplyToTweetId": None,
}
TWSCRAPE_POST: Final[Example] = {
    "id": int(FIRST_ID),
    "id_str": FIRST_ID,
    "url": f"https://x.com/invented_writer/status/{FIRST_ID}",
    "date": "2024-05-01 09:00:00+00:00",
    "user": {"id": 90000000000000017, "id_str": "90000000000000017", "username": "invented_writer"},
    "lang": "en",
    "rawContent": "day 3 on zoloft and i can't stop shaking",
    "retweetedTweet": None,
    "quotedTweet": None,
    "inReplyToTweetId": None,
}

V1_DELETE: Final[Example] = {
    "delete": {
        "status": {
            "id": int(FIRST_ID) - 56,
            "id_str": FIRST_ID,
            "user_id": 90000000000000017,
            "user_id_str": "90000000000000017",
        },
        "timestamp_ms": "1714554000000",
    }
}
V2_DELETE: Final[Example] = {
    "data": {
        "delete": {
            "tweet": {"id": FIRST_ID, "author_id": "90000000000000017"},
            "event_at": "2024-05-01T09:00:00.000Z",
        }
    }
}
BATCH_RESULT: Final[Example] = {
    "id": FIRST_ID,
    "action": "delete",
    "created_at": "2024-05-01T09:00:00.000Z",
    "redacted_at": "2024-05-02T09:00:00.000Z",
    "reason": "deleted",
}

X_EXAMPLES: Final[dict[str, list[Example]]] = {
    "x-v2": [
        V2_POST,
        V2_RETWEET,
        {"data": V2_POST, "matching_rules": [{"id": "1", "tag": "zoloft"}]},
        {"data": {"id": FIRST_ID, "text": "dizzy"}},
        {"data": [{"id": FIRST_ID, "text": "dizzy"}]},
        V2_PAGE,
        V2_FLATTENED,
        {"meta": {"result_count": 0}},
        {"errors": [{"title": "Not Found Error", "resource_id": FIRST_ID}]},
        {"data": [], "meta": {"result_count": 0}},
    ],
    "x-v1": [
        V1_POST,
        V1_RETWEET,
        {"statuses": [V1_POST], "search_metadata": {"count": 1}},
        {"statuses": [], "search_metadata": {"count": 0}},
        {"results": [V1_POST], "requestParameters": {"maxResults": 100}},
    ],
    "gnip": [
        GNIP_POST,
        GNIP_SHARE,
        {"info": {"message": "Replay Request Completed", "activity_count": 5}},
        {"results": [GNIP_POST], "requestParameters": {"maxResults": 100}},
    ],
    "x-archive": [ARCHIVE_ITEM, {"noteTweet": {"noteTweetId": "1", "core": {"text": LONG_TEXT}}}],
    "snscrape": [
        SNSCRAPE_POST,
        TWSCRAPE_POST,
        {"_type": "snscrape.modules.twitter.Tombstone", "id": int(FIRST_ID)},
    ],
    "x-compliance": [
        V1_DELETE,
        V2_DELETE,
        BATCH_RESULT,
        {"scrub_geo": {"user_id": 5, "user_id_str": "5", "up_to_status_id_str": FIRST_ID}},
        {"limit": {"track": 5, "timestamp_ms": "1714554000000"}},
        {"user_withheld": {"id": 5, "user": {"id_str": "5"}, "withheld_in_countries": ["XY"]}},
    ],
}
"""Names of sources, and objects that each of them must recognize."""
