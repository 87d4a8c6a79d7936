"""Tables of Reddit posts: comments and submissions, as dumps and data frames have them."""

from __future__ import annotations

import io

import pytest

from monitor.feed.field_mapping import FieldMapping
from monitor.feed.file_format import ReadOptions
from tests.monitor.feed.tables.table_reading import read_as

SUBMISSIONS = b"""id,title,selftext,created_utc,author,subreddit,edited,removed_by_category
1ex,Starting zoloft,"so dizzy
since then",1773480413.0,ann,examplemeds,False,
2ex,Only a title,,1773480413.0,bob,examplemeds,False,
3ex,Gone,[removed],1773480413.0,[deleted],examplemeds,False,moderator
"""


def test_a_submission_has_its_title_before_its_text() -> None:
    first, second, third = read_as(SUBMISSIONS).entries
    assert (first["id"], first["text"]) == ("reddit:t3_1ex", "Starting zoloft\n\nso dizzy\nsince then")
    assert (first["author_id"], first["created_at"]) == ("reddit:u/ann", "2026-03-14T09:26:53Z")
    assert first["context"] == [{"kind": "place", "text": "examplemeds"}]
    assert second["text"] == "Only a title"
    assert third == {"tombstone": {"event": "delete", "id": "reddit:t3_3ex"}}


def test_a_comment_names_what_it_answers() -> None:
    data = b"Id,Body,Subreddit,Link_Id,Parent_Id,Score\n5ex,so dizzy,examplemeds,t3_1ex,t1_4ex,3\n"
    [entry] = read_as(data).entries
    assert (entry["id"], entry["kind"], entry["referenced_id"]) == ("reddit:t1_5ex", "reply", "reddit:t1_4ex")


def test_posts_without_words_are_left_out_and_broken_rows_rejected() -> None:
    data = b"id,body,subreddit\n5ex,&gt; only a quote,meds\n6ex,so dizzy,meds\n7ex,so\n8ex,,meds\n"
    result = read_as(data)
    assert [post.id for post in result.posts] == ["reddit:t1_6ex"]
    assert [reason for _, reason in result.rejects] == ["wrong-columns", "missing-field"]


def test_columns_that_the_user_names_are_read_as_in_other_tables() -> None:
    result = read_as(SUBMISSIONS, options=ReadOptions(mapping=FieldMapping(text="title")))
    assert (result.ids[0], result.texts[0]) == ("1ex", "Starting zoloft")


@pytest.mark.parametrize("header", ["id,title,text", "id,body,link_id"])
def test_other_tables_are_not_those_of_reddit(header: str) -> None:
    assert read_as(f"{header}\n1,so dizzy today,so dizzy\n".encode(), "csv").ids == ["1"]


def test_parquet_files_of_reddit_have_the_same_posts() -> None:
    import pyarrow
    import pyarrow.parquet

    file = io.BytesIO()
    columns = {
        "id": ["1ex"],
        "title": ["Zoloft"],
        "selftext": [""],
        "created_utc": [1_773_480_413],
        "score": [1],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    [entry] = read_as(file.getvalue()).entries
    assert (entry["id"], entry["text"]) == ("reddit:t3_1ex", "Zoloft")
    assert entry["created_at"] == "2026-03-14T09:26:53Z"
