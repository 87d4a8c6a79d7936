"""Which column has what: by chosen names, by titles, by content."""

from __future__ import annotations

import pytest

from monitor.feed.field_mapping import FieldMapping
from monitor.feed.file_format import ReadOptions
from monitor.feed.source import FeedError, UnknownFormatError
from tests.monitor.feed.tables.table_reading import read_as

ID = 1212092628029698048


def test_usual_titles_match_in_any_case_and_order() -> None:
    data = b"Date,User_ID, Post ,junk,TWEET ID\n2024-05-01,7,dizzy,x,10\n,,sleepy,,11\n"
    first, second = read_as(data, "csv").entries
    assert first == {
        "id": "10",
        "text": "dizzy",
        "author_id": "7",
        "created_at": "2024-05-01T00:00:00Z",
        "platform": "x",
        "url": "https://x.com/i/status/10",
    }
    assert (second["id"], second["text"], second.get("author_id")) == ("11", "sleepy", None)


@pytest.mark.parametrize(
    "title", ["Tweet Id", "tweetid", "id_str", "ID", "status-id", "TwitterID", "tweet.id"]
)
def test_ids_have_many_titles(title: str) -> None:
    assert read_as(f"{title},text\n10,so dizzy\n".encode(), "csv").ids == ["10"]


@pytest.mark.parametrize(
    "title", ["Full Text", "full_text", "Tweet", "content", "BODY", "rawContent", "message"]
)
def test_texts_have_many_titles(title: str) -> None:
    assert read_as(f"id,{title}\n10,so dizzy\n".encode(), "csv").texts == ["so dizzy"]


def test_the_id_of_a_database_is_not_the_one_of_the_post() -> None:
    assert read_as(b"_id,id,text\nObjectId(5f),10,dizzy\n", "csv").ids == ["10"]


def test_columns_can_have_other_names() -> None:
    mapping = FieldMapping(id="nr", text="Body Text", author_id="who", created_at="when", lang="l")
    data = b"id\tnr\twho\tbody_text\twhen\tl\n1\t10\t7\tdizzy\t2024-05-01T10:00:00Z\ten\n"
    assert read_as(data, "tsv", ReadOptions(mapping=mapping)).entries == [
        {"id": "10", "text": "dizzy", "author_id": "7", "lang": "en", "created_at": "2024-05-01T10:00:00Z"}
    ]


@pytest.mark.parametrize(
    ("header", "mapping", "advice"),
    [
        ("nr,text", FieldMapping(), "--id-column"),
        ("id,body2", FieldMapping(), "--text-column"),
        ("id,text", FieldMapping(author_id="who"), "--author-column"),
        ("id,text", FieldMapping(created_at="when"), "--date-column"),
        ("tweet_id,label", FieldMapping(), "annotations"),
    ],
)
def test_a_missing_column_is_an_error_with_advice(header: str, mapping: FieldMapping, advice: str) -> None:
    with pytest.raises(FeedError, match=advice):
        read_as(f"{header}\n1,dizzy\n".encode(), "csv", ReadOptions(mapping=mapping))


def test_rows_in_front_of_the_header_are_skipped() -> None:
    data = b"Report:,Q1\nFrom:,January\nTo:,March\n\nid,author,text\n1,bob,dizzy\n"
    result = read_as(data, "csv")
    assert result.texts == ["dizzy"]
    assert any("3 rows in front of the header" in note for note in result.notes)


@pytest.mark.parametrize(
    ("row", "text_column"),
    [
        (["{id}", "{text}"], 2),
        (["{id}", "57", "0", "{text}"], 4),
        (["{id}", "5712345", "1", "{text}"], 4),
        (["{id}", "12", "20", "ADR", "so sick", "zoloft", "{text}", "nausea", "10028813"], 7),
        (["{text}", "{id}", "ADE"], 1),
        (["SMM4H2022ab{id}", "{text}", "1"], 2),
        (["SMM4H2022ab{id}", "{text}"], 2),
    ],
)
def test_a_table_of_smm4h_without_a_header_is_understood_by_its_content(
    row: list[str], text_column: int
) -> None:
    texts = [
        "since zoloft I feel sick and dizzy",
        "no sleep at all with this new drug",
        "works for me so far",
    ]
    lines = ["\t".join(row).format(id=ID + 3 * number, text=text) for number, text in enumerate(texts)]
    result = read_as("\n".join(lines).encode())
    assert result.texts == texts
    assert not result.rejects
    assert all(str(ID + 3 * number) in post_id for number, post_id in enumerate(result.ids))
    assert any(f"text = 'column {text_column}'" in note for note in result.notes)


def test_a_short_first_post_of_the_shared_task_is_not_taken_for_a_header() -> None:
    rows = "SMM4H2022aaaa1\tzoloft gave hives\nSMM4H2022aaaa2\tno sleep at all with this new drug\n"
    assert read_as(rows.encode()).ids == ["SMM4H2022aaaa1", "SMM4H2022aaaa2"]


@pytest.mark.parametrize(
    "header",
    [
        ["tweet_id", "user_id", "class", "tweet"],
        ["tweet_id", "begin", "end", "type", "extraction", "drug", "tweet", "meddra_code", "meddra_term"],
        ["tweet_id", "text"],
        ["tweet_id", "tweet", "start", "end", "span", "drug"],
        ["tweet_id", "user_id", "created_at", "text", "start", "end", "span", "drug"],
        ["tweet_id", "text", "label"],
        ["id", "keyword", "text", "label"],
        ["id", "text", "label", "file_name", "origin", "split", "language"],
    ],
)
@pytest.mark.parametrize("delimiter", ["\t", ","])
def test_a_table_of_smm4h_with_a_header_is_understood_by_its_titles(
    header: list[str], delimiter: str
) -> None:
    cells = {"text": "since zoloft I feel sick", "tweet": "since zoloft I feel sick", "created_at": ""}
    cells |= {"tweet_id": str(ID), "id": str(ID), "language": "en"}
    rows = [header, [cells.get(title, "0") for title in header]]
    result = read_as("".join(delimiter.join(row) + "\n" for row in rows).encode())
    assert [(post.id, post.text) for post in result.posts] == [(str(ID), "since zoloft I feel sick")]


@pytest.mark.parametrize(
    "row",
    [
        "{id}\tADE",
        "{id}\tADE\t12\t20\theadache\t10019211",
        "{id}\tsince zoloft I feel so sick\tthis is another text of five words",
        "one text without any id\t5",
        "one text with a day\t2026-03-14T09:26:53Z",
    ],
)
def test_a_table_without_a_header_is_refused_if_its_columns_are_not_clear(row: str) -> None:
    lines = [row.format(id=ID + number) for number in range(5)]
    with pytest.raises(UnknownFormatError):
        read_as("\n".join(lines).encode(), "tsv")


def test_columns_of_a_table_without_a_header_have_numbers() -> None:
    options = ReadOptions(mapping=FieldMapping(id="2", text="1"))
    result = read_as(f"sick\t{ID}\tx y z x y z\n".encode(), "smm4h", options)
    assert (result.ids, result.texts) == ([str(ID)], ["sick"])


def test_long_dates_are_not_taken_for_the_text_of_a_table_without_a_header() -> None:
    row = "0,146781036{},Mon Apr 06 22:19:45 PDT 2009,NO_QUERY,ann,so sick of it today\n"
    result = read_as("".join(row.format(number) for number in range(9)).encode(), "csv")
    assert set(result.texts) == {"so sick of it today"}


def test_columns_without_a_title_have_numbers() -> None:
    data = b",drugName,condition,review\n206461,Valsartan,LVD,so dizzy from it\n"
    with pytest.raises(FeedError, match="--id-column the title or the number"):
        read_as(data, "csv")
    result = read_as(data, "csv", ReadOptions(mapping=FieldMapping(id="1")))
    assert (result.ids, result.texts) == (["206461"], ["so dizzy from it"])
