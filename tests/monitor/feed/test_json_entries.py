"""JSON files: each object is read by the source that recognizes it, and everything else says what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.feed import FieldMapping, ReadOptions
from monitor.ingest import read_items
from tests.monitor.feed.reading import ReadFile, json_lines, read_path
from tests.monitor.ingest.sources.examples import EXAMPLES
from tests.monitor.ingest.sources.examples_platforms import MESSAGE

V2 = {
    "id": "1212092628029698048",
    "text": "day 3 on zoloft",
    "author_id": "7",
    "created_at": "2024-05-01T10:00:00.000Z",
    "edit_history_tweet_ids": ["1212092628029698048"],
}
PAGE = {"data": [V2, {**V2, "id": "1212092628029698049", "edit_history_tweet_ids": ["1212092628029698049"]}]}


def read_json(tmp_path: Path, data: bytes | str, name: str = "t.json", **options: Any) -> ReadFile:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    form = options.pop("form", "auto")
    return read_path(tmp_path / name, form, ReadOptions(**options))


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(PAGE),
        json.dumps(PAGE, indent=2),
        json.dumps(PAGE["data"], indent=1),
        "\n".join(map(json.dumps, PAGE["data"])),
        "".join(json.dumps(post, indent=1) for post in PAGE["data"]),
    ],
    ids=["page", "indented-page", "array", "lines", "joined"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_posts_of_a_platform_are_read_from_json_of_any_shape(
    tmp_path: Path, data: str, encoding: str
) -> None:
    result = read_json(tmp_path, data.encode(encoding), "t")
    assert result.ids == ["1212092628029698048", "1212092628029698049"]
    assert result.sources == ["x-v2", "x-v2"]
    assert not result.rejects


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("indent", [None, 1])
def test_the_examples_of_each_source_are_read_from_files(
    tmp_path: Path, name: str, indent: int | None
) -> None:
    expected = [item for document in EXAMPLES[name] for item in read_items(document)]
    lines = read_json(tmp_path, json_lines(*EXAMPLES[name]), "t.jsonl")
    array = read_json(tmp_path, json.dumps(EXAMPLES[name], indent=indent))
    assert lines.posts == array.posts
    assert len(lines.posts) + len(lines.rejects) == len(expected)
    assert set(lines.sources) <= {name}


def test_deletions_are_events(tmp_path: Path) -> None:
    deletion = {"delete": {"status": {"id": 17, "id_str": "17", "user_id": 3, "user_id_str": "3"}}}
    result = read_json(tmp_path, json_lines(deletion, {"tombstone": {"id": "18"}}))
    assert [post["tombstone"]["id"] for post in result.posts] == ["17", "18"]


@pytest.mark.parametrize(
    "document",
    [
        {"data": [], "meta": {"result_count": 0}},
        {"limit": {"track": 5}},
        {"errors": [{"title": "Not Found"}]},
    ],
)
def test_documents_that_hold_nothing_are_not_rejected(tmp_path: Path, document: dict[str, Any]) -> None:
    result = read_json(tmp_path, json_lines(document, {"id": "1", "text": "dizzy"}))
    assert result.ids == ["1"]
    assert not result.rejects


def test_a_telegram_export_is_read_message_by_message(tmp_path: Path) -> None:
    messages = [
        {
            "id": n,
            "type": "message",
            "date": "2024-05-01T10:00:00",
            "from": "A",
            "from_id": "user5",
            "text": "so",
        }
        for n in range(3)
    ]
    chat = {"name": "Migraine", "type": "public_supergroup", "id": 99, "messages": messages}
    whole = list(read_items(chat))
    result = read_json(tmp_path, json.dumps(chat, indent=1))
    assert result.ids == [getattr(item, "id", None) for item in whole]
    assert result.sources == ["telegram"] * 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not-json"),
        (b"dizzy", "not-json"),
        (b'{"id": "1", "text": "\xff"}', "not-utf8"),
        (b"17", "not-an-object"),
        (b'"dizzy"', "not-an-object"),
        (b'[{"id": "3", "text": "x"}, 5]', "not-an-object"),
        (b'{"id": "1"}', "missing-field"),
        (b'{"name": "x"}', "missing-field"),
        (b"{}", "missing-field"),
        (b'{"id": "1", "text": " "}', "blank-text"),
        (b'{"id": 1e999, "text": "dizzy"}', "wrong-type"),
    ],
)
def test_a_bad_line_is_rejected_and_the_next_one_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    result = read_json(
        tmp_path, b'\n{"id": "1", "text": "a"}\n' + line + b'\n{"id": "2", "text": "b"}\n', "t.jsonl"
    )
    assert [number for number in result.ids if number != "3"] == ["1", "2"]
    assert [(reject.line, reject.raw) for reject in result.rejects] == [(3, line)]
    assert result.rejects[0].reason in (reason, "not-json")


def test_an_unknown_object_says_what_it_has(tmp_path: Path) -> None:
    result = read_json(tmp_path, json_lines({"nr": 1, "body": "dizzy"}, {"id": 1, "body": "dizzy"}))
    assert [reject.reason for reject in result.rejects] == ["missing-field"] * 2
    assert all("`body`" in reject.detail for reject in result.rejects)
    assert "`text` is missing" in result.rejects[1].detail


def test_messages_of_a_chat_without_the_chat_are_rejected(tmp_path: Path) -> None:
    read = read_json(tmp_path, json.dumps([MESSAGE, MESSAGE]))
    assert read.posts == []
    assert [reject.reason for reject in read.rejects] == ["missing-field"] * 2
    [post, _] = read_json(tmp_path, json.dumps([MESSAGE, MESSAGE]), mapping=FieldMapping(id="date")).posts
    assert post["text"] == MESSAGE["text"]


def test_a_post_without_a_text_names_the_source_that_read_it(tmp_path: Path) -> None:
    users = {"data": [{"id": "42", "username": "ann"}], "meta": {"result_count": 1}}
    [reject] = read_json(tmp_path, json.dumps(users)).rejects
    assert reject.reason == "missing-field"
    assert "x-v2" in reject.detail


def test_several_objects_on_a_line_are_read(tmp_path: Path) -> None:
    data = b'{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}{"id": 3, "text": "c"}\n{"id": 4, "text": "d"}\n'
    result = read_json(tmp_path, data, "t.jsonl")
    assert (result.ids, result.lines) == (["1", "2", "3", "4"], [1, 2, 2, 3])


def test_fields_can_have_other_names_also_in_inner_objects(tmp_path: Path) -> None:
    mapping = FieldMapping(id="nr", text="post.body", author_id="user.id", created_at="when", lang="post.l")
    document = {
        "nr": 5,
        "post": {"body": "dizzy", "l": "en"},
        "user": {"id": 7},
        "when": 1714557600,
        "kind": 3,
    }
    assert read_json(tmp_path, json_lines(document), mapping=mapping).posts == [
        {"id": "5", "text": "dizzy", "author_id": "7", "created_at": "2024-05-01T10:00:00Z", "lang": "en"}
    ]


def test_named_fields_replace_those_of_a_source(tmp_path: Path) -> None:
    result = read_json(
        tmp_path, json_lines({**V2, "cleaned": "day three"}), mapping=FieldMapping(text="cleaned")
    )
    assert result.posts[0] | {"text": "day three"} == result.posts[0]
    assert result.posts[0]["author_id"] == "7"


def test_a_named_field_that_is_missing_is_named_in_the_reject(tmp_path: Path) -> None:
    result = read_json(
        tmp_path, json_lines({"nr": 1, "body": "x"}), mapping=FieldMapping(id="nr", text="text.body")
    )
    assert "`text.body`" in result.rejects[0].detail


def test_a_missing_field_names_what_the_object_is(tmp_path: Path) -> None:
    reddit = EXAMPLES["reddit"][0]
    for options in ({"form": "x-v1"}, {"mapping": FieldMapping(text="nope")}):
        [reject] = read_json(tmp_path, json_lines(reddit), **options).rejects[:1]
        assert reject.reason == "missing-field"
        assert "Reddit" in reject.detail


def test_the_comments_of_a_page_have_the_title_of_their_submission(tmp_path: Path) -> None:
    submission = {
        "kind": "t3",
        "data": {"name": "t3_a", "id": "a", "title": "Zoloft", "selftext": "", "subreddit": "x"},
    }
    comment = {"kind": "t1", "data": {"name": "t1_b", "id": "b", "body": "so dizzy", "link_id": "t3_a"}}
    page = [{"kind": "Listing", "data": {"children": [thing]}} for thing in (submission, comment)]
    for data in (json.dumps(page), json.dumps(page, indent=1), json_lines(*page)):
        comments = [post for post in read_json(tmp_path, data).posts if post["id"] == "reddit:t1_b"]
        assert [part["text"] for part in comments[0]["context"]] == ["Zoloft"]


def test_a_named_source_reads_all_objects(tmp_path: Path) -> None:
    plain = {"id": "1212092628029698048", "text": "dizzy"}
    assert read_json(tmp_path, json_lines(plain)).sources == ["contract"]
    assert read_json(tmp_path, json_lines(plain), form="x-v2").sources == ["x-v2"]


def test_an_object_of_another_source_than_the_named_one_does_not_disappear(tmp_path: Path) -> None:
    for document in EXAMPLES["reddit"]:
        result = read_json(tmp_path, json_lines(document), form="x-compliance")
        assert result.posts or result.rejects


def test_numbers_that_only_python_writes_are_read_as_null(tmp_path: Path) -> None:
    data = (
        b'{"id": "1", "text": "NaN \\" -Infinity", "lang": NaN, "x": [-Infinity, Infinity]}\n'
        b'{"id": "2", "text": NaN}\n'
    )
    result = read_json(tmp_path, data, "t.jsonl")
    assert result.posts == [{"id": "1", "text": 'NaN " -Infinity'}]
    assert [reject.reason for reject in result.rejects] == ["wrong-type"]


@pytest.mark.parametrize(
    ("name", "start"), [("deleted-tweets.js", "window.YTD.x = "), ("t", "window.YTD.deleted_tweets.part0 = ")]
)
def test_the_deleted_posts_of_a_twitter_archive_are_deletions(tmp_path: Path, name: str, start: str) -> None:
    item = {"tweet": {"id_str": "17", "full_text": "dizzy", "created_at": "Mon May 01 10:00:00 +0000 2023"}}
    result = read_json(tmp_path, start + json.dumps([item, item], indent=1), name)
    assert [post["tombstone"]["id"] for post in result.posts] == ["17", "17"]
    assert read_json(tmp_path, start.replace("deleted_", "") + json.dumps([item]), "t.js").ids == ["17"]


def test_posts_of_a_twitter_archive_have_their_author_and_their_whole_text(tmp_path: Path) -> None:
    import zipfile

    long = "day 3 on zoloft " * 30
    note = {"noteTweet": {"createdAt": "2023-05-01T10:00:00.000Z", "core": {"text": long}}}
    tweet = {
        "id_str": "1653000000000000000",
        "full_text": long[:270] + "… https://t.co/abc",
        "created_at": "Mon May 01 10:00:00 +0000 2023",
    }
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(
            "data/tweets.js", f"window.YTD.tweets.part0 = {json.dumps([{'tweet': tweet}], indent=2)}"
        )
        archive.writestr("data/note-tweet.js", f"window.YTD.note_tweet.part0 = {json.dumps([note])}")
        account = {"account": {"username": "invented_writer", "accountId": "17"}}
        archive.writestr("data/account.js", f"window.YTD.account.part0 = {json.dumps([account])}")
    [post] = read_path(tmp_path / "a.zip").posts
    assert post["text"].strip() == long.strip()
    assert post["author_id"] == "17"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "text", "data", "body", "delete", "user", "messages"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON, st.sampled_from([None, 2]), st.sampled_from(["t", "t.json", "t.jsonl", "t.js"]))
def test_any_json_is_read_or_rejected(tmp_path: Path, document: Any, indent: int | None, name: str) -> None:
    data = json.dumps([document], indent=indent).encode()
    result = read_json(tmp_path, data, name)
    alone = [
        item for part in (document if isinstance(document, list) else [document]) for item in read_items(part)
    ]
    assert len(result.posts) + len(result.rejects) == len(alone)
