"""Compliance events of X: streams of both APIs, and batch results."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.ingest import read_message
from monitor.records import ComplianceEvent, EventKind
from tests.monitor.ingest.sources.examples_x import (
    BATCH_RESULT,
    FIRST_ID,
    SECOND_ID,
    V1_DELETE,
    V2_DELETE,
)

AT = datetime(2024, 5, 1, 9, tzinfo=UTC)
AUTHOR = "90000000000000017"
USER_EVENTS = [kind for kind in EventKind if kind.startswith("user_")]


def read(document: object) -> list[Any]:
    return read_message(json.dumps(document).encode())


def of_v2(name: str, **fields: object) -> dict[str, Any]:
    return {"data": {name: {"event_at": "2024-05-01T09:00:00.000Z"} | fields}}


@pytest.mark.parametrize("document", [V1_DELETE, V2_DELETE])
def test_a_deletion_names_the_exact_id_and_the_time(document: object) -> None:
    assert read(document) == [ComplianceEvent(EventKind.DELETE, FIRST_ID, at=AT)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("drop", EventKind.DELETE),
        ("undrop", EventKind.UNDELETE),
        ("undelete", EventKind.UNDELETE),
        ("withheld", EventKind.WITHHELD),
    ],
)
def test_posts_are_dropped_restored_and_withheld(name: str, kind: EventKind) -> None:
    document = of_v2(name, tweet={"id": FIRST_ID, "author_id": AUTHOR}, withheld_in_countries=["XY"])
    assert read(document) == [ComplianceEvent(kind, FIRST_ID, at=AT)]


def test_the_older_stream_withholds_a_status() -> None:
    document = {"status_withheld": V1_DELETE["delete"] | {"withheld_in_countries": ["XY"]}}
    assert read(document) == [ComplianceEvent(EventKind.WITHHELD, FIRST_ID, at=AT)]


@pytest.mark.parametrize(
    "document",
    [
        of_v2(
            "tweet_edit",
            tweet={"id": SECOND_ID},
            initial_tweet_id=FIRST_ID,
            edit_tweet_ids=[FIRST_ID, SECOND_ID],
        ),
        {"tweet_edit": {"id": SECOND_ID, "initial_tweet_id": FIRST_ID, "timestamp_ms": "1714554000000"}},
    ],
)
def test_an_edit_names_the_first_version_and_the_others(document: object) -> None:
    assert read(document) == [ComplianceEvent(EventKind.TWEET_EDIT, FIRST_ID, at=AT, aliases=(SECOND_ID,))]


@pytest.mark.parametrize("kind", USER_EVENTS)
def test_events_of_authors_are_read_in_both_apis(kind: EventKind) -> None:
    event = ComplianceEvent(kind, author_id=AUTHOR, at=AT)
    assert read(of_v2(kind, user={"id": AUTHOR})) == [event]
    assert read({str(kind): {"id": int(AUTHOR), "timestamp_ms": "1714554000000"}}) == [event]
    assert read({str(kind): {"user": {"id": 9, "id_str": AUTHOR}, "timestampMs": AT.isoformat()}}) == [event]


def test_geo_is_scrubbed_for_an_author() -> None:
    event = {"scrub_geo": {"user_id": 9, "user_id_str": AUTHOR, "up_to_status_id_str": FIRST_ID}}
    assert read(event) == [ComplianceEvent(EventKind.SCRUB_GEO, author_id=AUTHOR)]


def test_a_batch_result_is_a_deletion() -> None:
    [event] = read(BATCH_RESULT)
    assert event == ComplianceEvent(EventKind.DELETE, FIRST_ID, at=datetime(2024, 5, 2, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("deactivated", EventKind.USER_DELETE),
        ("suspended", EventKind.USER_SUSPEND),
        ("protected", EventKind.USER_PROTECT),
    ],
)
def test_a_batch_result_about_an_account_is_an_event_for_a_post_and_an_author(
    reason: str, kind: EventKind
) -> None:
    post, author = read(BATCH_RESULT | {"reason": reason})
    assert (post.kind, post.post_id) == (EventKind.DELETE, FIRST_ID)
    assert (author.kind, author.author_id) == (kind, FIRST_ID)


@pytest.mark.parametrize("at", ["soon", "", "2024-13-01T09:00:00Z", "9024-05-01T09:00:00Z", -5, [], {"x": 1}])
def test_a_deletion_counts_without_a_readable_time(at: object) -> None:
    event = V2_DELETE["data"]["delete"] | {"event_at": at}
    assert read({"data": {"delete": event}}) == [ComplianceEvent(EventKind.DELETE, FIRST_ID)]


def test_deletions_of_the_account_activity_api_are_read() -> None:
    document = {"for_user_id": "5", "tweet_delete_events": [V1_DELETE["delete"]]}
    assert read(document) == [ComplianceEvent(EventKind.DELETE, FIRST_ID, at=AT)]


@pytest.mark.parametrize(
    "document",
    [
        {"limit": {"track": 5, "timestamp_ms": "1714554000000"}},
        {"warning": {"code": "FALLING_BEHIND", "percent_full": 60}},
        {"disconnect": {"code": 4, "stream_name": "x"}},
        {"friends": [1, 2]},
        {"delete": {"favorite": {"tweet_id": 5, "user_id": 6}, "timestamp_ms": "1714554000000"}},
        of_v2("user_profile_modification", user={"id": AUTHOR}, profile_field="profile.name"),
        BATCH_RESULT | {"reason": "scrub_geo"},
    ],
)
def test_notices_and_events_about_nothing_stored_are_read_as_nothing(document: object) -> None:
    assert read(document) == []
