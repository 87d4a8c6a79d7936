"""Annotation files are not sent as posts."""

from __future__ import annotations

import pytest

from monitor.feed.field_mapping import FieldMapping
from monitor.feed.file_format import ReadOptions
from monitor.feed.source import UnknownFormatError
from tests.monitor.feed.tables.table_reading import read_as

ID = 1212092628029698048


@pytest.mark.parametrize(
    "texts",
    [
        ["ADE", "NoADE", "ADE"],
        ["0", "1", "0"],
        ["12", "3.5", "40"],
        ["Y", "n"],
        ["headache", "nausea", "not sleepy"] * 20,
    ],
)
@pytest.mark.parametrize("header", ["tweet_id\ttext\n", "", "tweet_id\tlabel\n"])
def test_labels_are_not_posts(texts: list[str], header: str) -> None:
    rows = "".join(f"{ID + number}\t{text}\n" for number, text in enumerate(texts))
    with pytest.raises(UnknownFormatError):
        read_as(f"{header}{rows}".encode())


def test_a_column_of_labels_is_refused_although_the_user_chose_it() -> None:
    options = ReadOptions(mapping=FieldMapping(text="label"))
    with pytest.raises(UnknownFormatError, match="label"):
        read_as(f"tweet_id\tlabel\n{ID}\tADE\n".encode(), "tsv", options)


def test_short_posts_are_posts() -> None:
    rows = "".join(f"{ID + number}\tso dizzy {number}\n" for number in range(50))
    assert len(read_as(f"tweet_id\ttext\n{rows}".encode()).posts) == 50
