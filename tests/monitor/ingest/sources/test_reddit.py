"""Reddit: things of dumps and of the API become posts, and removed ones become deletions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_items, read_message
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind
from tests.monitor.ingest.sources.examples_platforms import COMMENT, SUBMISSION, listing

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
PLACE = ContextPart(ContextKind.PLACE, "examplemeds")
TITLE = ContextPart(ContextKind.TITLE, "Starting sertraline this week", "reddit:t3_1example")


def read_one(document: Any) -> Any:
    [item] = read_items(document)
    return item


def test_a_comment_has_all_its_fields() -> None:
    assert read_one(COMMENT) == Post(
        id="reddit:t1_kexample",
        text="day 3 on zoloft & i can't stop shaking",
        author_id="reddit:t2_exampleann",
        created_at=AT,
        platform="reddit",
        kind=PostKind.REPLY,
        referenced_id="reddit:t1_kparent",
        url="https://www.reddit.com/r/examplemeds/comments/1example/starting/kexample/",
        context=(TITLE, PLACE),
    )


def test_a_submission_has_its_title_before_its_text() -> None:
    assert read_one(SUBMISSION) == Post(
        id="reddit:t3_1example",
        text="Starting sertraline this week\n\nso dizzy that i had to lie down",
        author_id="reddit:t2_exampleann",
        created_at=AT,
        platform="reddit",
        url="https://www.reddit.com/r/examplemeds/comments/1example/starting/",
        edited_at=datetime(2026, 3, 14, 10, 26, 53, tzinfo=UTC),
        context=(PLACE,),
    )


def test_a_link_has_only_a_title() -> None:
    assert read_one(SUBMISSION | {"selftext": ""}).text == "Starting sertraline this week"


def test_old_dumps_without_names_have_the_same_ids() -> None:
    old = {key: value for key, value in COMMENT.items() if key not in ("name", "author_fullname")}
    post = read_one(old | {"parent_id": "kparent"})
    assert (post.id, post.author_id) == ("reddit:t1_kexample", "reddit:u/ann_example")
    assert post.referenced_id == "reddit:t1_kparent"


@pytest.mark.parametrize("seconds", [1_773_480_413, 1_773_480_413.0, "1773480413", "1773480413.0"])
def test_seconds_may_be_a_number_or_text(seconds: object) -> None:
    assert read_one(COMMENT | {"created_utc": seconds}).created_at == AT


@pytest.mark.parametrize("edited", [False, True, None, "", "false", 0])
def test_a_comment_that_was_not_edited_has_no_time_of_an_edit(edited: object) -> None:
    assert read_one(COMMENT | {"edited": edited}).edited_at is None


@pytest.mark.parametrize("text", ["[deleted]", "[removed]", " [removed]\n", "[ Removed by Reddit ]"])
def test_a_removed_text_is_a_deletion(text: str) -> None:
    # An earlier dump may have had the text.
    assert read_one(COMMENT | {"body": text, "author": "[deleted]"}) == ComplianceEvent(
        EventKind.DELETE, "reddit:t1_kexample"
    )
    assert read_one(SUBMISSION | {"selftext": text}) == ComplianceEvent(
        EventKind.DELETE, "reddit:t3_1example"
    )


def test_a_removed_submission_without_a_text_is_a_deletion() -> None:
    for changes in ({"title": "[deleted by user]"}, {"removed_by_category": "moderator"}):
        event = read_one(SUBMISSION | {"selftext": ""} | changes)
        assert event == ComplianceEvent(EventKind.DELETE, "reddit:t3_1example")
    assert isinstance(read_one(SUBMISSION | {"removed_by_category": "automod_filtered"}), Post)


def test_a_text_that_a_dump_keeps_after_its_deletion_is_a_deletion() -> None:
    for thing, removed in ((COMMENT, "reddit:t1_kexample"), (SUBMISSION, "reddit:t3_1example")):
        later = {"removal_type": "deleted", "retrieved_2nd_on": 1_773_610_013, "was_deleted_later": True}
        restored = {"removal_type": "removed", "was_initially_deleted": True}
        assert read_one(thing | {"_meta": later}) == ComplianceEvent(EventKind.DELETE, removed)
        assert read_one(thing | {"_meta": restored}) == read_one(thing)


def test_a_comment_stays_when_only_its_author_is_gone() -> None:
    deleted = COMMENT | {"author": "[deleted]", "author_fullname": None}
    assert read_one(deleted).author_id is None


def test_quoted_lines_are_context_and_spoilers_are_not() -> None:
    body = "&gt; how is it going?\n&gt;still dizzy?\n\n&gt;!no!&lt; i &lt;3 it\nx > y"
    post = read_one(COMMENT | {"body": body, "link_title": None})
    assert post.text == ">!no!< i <3 it\nx > y"
    assert post.context[0] == ContextPart(ContextKind.QUOTED, "how is it going?\nstill dizzy?")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("so dizzy\n\n&amp;#x200B;\n\nhelp", "so dizzy\n\n\u200b\n\nhelp"),
        ("20&nbsp;mg &amp; more", "20\xa0mg & more"),
        ("i &lt;3 it &amp;lt;3", "i <3 it <3"),
        ("R&notable &copy AT&T &bogus;", "R&notable &copy AT&T &bogus;"),
    ],
)
def test_entities_of_markdown_are_decoded(body: str, text: str) -> None:
    assert read_one(COMMENT | {"body": body}).text == text


def test_a_listing_has_comments_and_the_answers_below_them() -> None:
    answer = COMMENT | {"name": "t1_kreply", "id": "kreply", "body": "same here", "replies": ""}
    parent = COMMENT | {"replies": listing(("t1", answer), ("more", {"count": 3, "children": ["k"]}))}
    posts = list(read_items(listing(("t1", parent), ("t3", SUBMISSION))))
    assert [post.id for post in posts if isinstance(post, Post)] == [
        "reddit:t1_kexample",
        "reddit:t1_kreply",
        "reddit:t3_1example",
    ]
    assert isinstance(posts[1], Post)
    text = "day 3 on zoloft & i can't stop shaking"
    assert ContextPart(ContextKind.PARENT, text, "reddit:t1_kparent") in posts[1].context


def test_comments_of_a_page_know_the_submission_that_they_are_under() -> None:
    top = {name: value for name, value in COMMENT.items() if name != "link_title"}
    top |= {"parent_id": SUBMISSION["name"]}
    answer = top | {"name": "t1_kreply", "id": "kreply", "body": "same here", "parent_id": "t1_kexample"}
    page = [
        listing(("t3", SUBMISSION)),
        listing(("t1", top | {"replies": listing(("t1", answer))}), ("more", {"children": []})),
    ]
    submission, comment, reply = read_message(json.dumps(page).encode())
    assert submission == read_one(SUBMISSION)
    assert isinstance(comment, Post) and isinstance(reply, Post)
    opening = ContextPart(ContextKind.PARENT, "so dizzy that i had to lie down", "reddit:t3_1example")
    assert comment.context == (TITLE, opening, PLACE)
    body = ContextPart(ContextKind.PARENT, "day 3 on zoloft & i can't stop shaking", "reddit:t1_kexample")
    assert reply.context == (TITLE, body, PLACE)


@pytest.mark.parametrize(
    "first",
    [
        listing(("t3", SUBMISSION | {"name": "t3_other"})),
        listing(("t3", SUBMISSION), ("t3", SUBMISSION)),
        listing(("t1", COMMENT)),
        SUBMISSION,
        {"kind": "Listing", "data": None},
        {"kind": "Listing", "data": {"children": [5]}},
    ],
)
def test_listings_that_do_not_belong_together_are_read_alone(first: dict[str, Any]) -> None:
    top = COMMENT | {"link_title": None, "parent_id": SUBMISSION["name"]}
    comment = read_message(json.dumps([first, listing(("t1", top))]).encode())[-1]
    assert isinstance(comment, Post)
    assert comment.context == (PLACE,)


def test_an_answer_with_more_comments_is_read() -> None:
    things = [{"kind": "t1", "data": COMMENT}, {"kind": "more", "data": {"children": ["k"]}}]
    assert read_one({"json": {"errors": [], "data": {"things": things}}}) == read_one(COMMENT)


def test_an_answer_of_the_apis_of_dumps_has_things_without_envelopes() -> None:
    answer = {"data": [COMMENT, SUBMISSION], "error": None, "metadata": {"total_results": 2}}
    assert list(read_items(answer)) == [read_one(COMMENT), read_one(SUBMISSION)]
    tree = {"data": [{"kind": "t1", "data": COMMENT}, {"kind": "more", "data": {"children": ["k"]}}]}
    assert read_one(tree) == read_one(COMMENT)


def test_a_crosspost_has_the_text_of_the_original_as_context() -> None:
    original = SUBMISSION | {"name": "t3_0example", "id": "0example", "selftext": "anyone dizzy?"}
    post = read_one(SUBMISSION | {"selftext": "", "crosspost_parent_list": [original]})
    assert (post.kind, post.referenced_id) == (PostKind.QUOTE, "reddit:t3_0example")
    assert post.context == (ContextPart(ContextKind.QUOTED, "anyone dizzy?", "reddit:t3_0example"), PLACE)


@pytest.mark.parametrize(
    "document",
    [
        listing(),
        {"kind": "t5", "data": {"display_name": "examplemeds"}},
        COMMENT | {"body": "  "},
        COMMENT | {"body": "&gt; only a quote"},
    ],
)
def test_things_without_words_yield_nothing(document: dict[str, Any]) -> None:
    assert list(read_items(document)) == []


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (COMMENT | {"body": 17}, "wrong-type"),
        (SUBMISSION | {"title": ["x"]}, "wrong-type"),
        (SUBMISSION | {"name": None, "id": None}, "missing-field"),
        (COMMENT | {"created_utc": "soon"}, "bad-date"),
        (listing(("t1", {})), "missing-field"),
    ],
)
def test_a_broken_thing_is_refused(document: dict[str, Any], reason: str) -> None:
    error = read_one(document)
    assert isinstance(error, PoisonError)
    assert error.reason == reason
