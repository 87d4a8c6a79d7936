"""Entries of tables: dates from ids, wrong rows, optional fields."""

from __future__ import annotations

import pytest

from tests.monitor.feed.tables.table_reading import read_as

ID = 1212092628029698048


def test_a_tweet_without_a_date_has_the_one_of_its_id() -> None:
    result = read_as(f"tweet_id,text\n{ID},so sick\n".encode(), "csv")
    assert result.entries[0]["created_at"] == "2019-12-31T19:26:16.771Z"
    assert result.entries[0]["platform"] == "x"


def test_ids_that_can_only_be_those_of_x_give_the_date_too() -> None:
    result = read_as(f"id,text\n{ID},so sick\n".encode(), "csv")
    assert result.entries[0]["created_at"] == "2019-12-31T19:26:16.771Z"
    assert any("no date" in note for note in result.notes)


def test_other_numbers_are_not_taken_for_dates() -> None:
    for data in (b"id,text\n109348534987,so sick\n", f"id,text,platform\n{ID},so sick,facebook\n".encode()):
        assert "created_at" not in read_as(data, "csv").entries[0]


def test_a_missing_date_is_left_out_and_a_wrong_one_is_refused() -> None:
    result = read_as(b"id,text,date\n1,a b,NULL\n2,c d,yesterday\n3,e f,1539202764\n", "csv")
    assert [entry.get("created_at") for entry in result.entries] == [
        None,
        "yesterday",
        "2018-10-10T20:19:24Z",
    ]
    assert result.rejects == [(3, "bad-date")]


@pytest.mark.parametrize("word", ["NULL", "NaN", "nan", "None", "<NA>", "\\N"])
def test_the_words_of_databases_for_no_value_are_not_values(word: str) -> None:
    row = ",".join(["1", word, word, word, word, "dizzy"])
    result = read_as(f"id,full_text,author_id,url,lang,text\n{row}\n".encode(), "csv")
    assert result.entries == [{"id": "1", "text": "dizzy"}]


def test_rows_with_another_number_of_columns_are_rejected() -> None:
    result = read_as(b"id,text\n1,dizzy,more\n2\n3,fine\n4,\n,sick\n", "csv")
    assert result.rejects == [(2, "wrong-columns"), (3, "wrong-columns"), (5, "blank-text"), (6, "bad-id")]
    assert [post.id for post in result.posts] == ["3"]


def test_optional_columns_become_fields() -> None:
    data = (
        b"id,text,language,url,network,in_reply_to_status_id\n1,dizzy,English,https://a.example/1,Reddit,'7\n"
    )
    assert read_as(data, "csv").entries == [
        {
            "id": "1",
            "text": "dizzy",
            "lang": "en",
            "url": "https://a.example/1",
            "platform": "reddit",
            "kind": "reply",
            "referenced_id": "7",
        }
    ]


def test_an_id_comes_from_the_url_if_there_is_no_column_for_it() -> None:
    assert read_as(f"url,text\nhttps://x.com/a/status/{ID},dizzy\n".encode(), "csv").ids == [str(ID)]


@pytest.mark.parametrize(
    ("account", "author"),
    [
        ("{'id': 17, 'id_str': '17', 'username': 'ann', 'created': datetime.datetime(2020, 1, 1)}", "17"),
        ('{"username": "ann", "id_str": "17"}', "17"),
        ("{'username': 'ann'}", None),
        ("{'description': '" + "x" * 900 + "'}", None),
    ],
)
def test_an_account_as_python_shows_it_gives_its_id(account: str, author: str | None) -> None:
    quoted = account.replace('"', '""')
    [post] = read_as(f'id,user,text\n10,"{quoted}",so dizzy\n'.encode(), "csv").posts
    assert post.author_id == author
