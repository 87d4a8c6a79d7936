"""The official files: rows, headers, quotes."""

import errno
from pathlib import Path
from unittest.mock import patch

import pytest

from training.errors import CorpusError, RunError
from training.evaluation.prediction_writer import writing_rows
from training.scorer.official_files import Row, read_rows


def write(folder: Path, content: str) -> Path:
    path = folder / "tweets.tsv"
    path.write_bytes(content.encode())
    return path


def test_rows_come_with_their_line_numbers_and_without_headers(tmp_path: Path) -> None:
    path = write(tmp_path, "tweet_id\ttext\n1\ta\n\ntweet_id\ttext\n2\tb\n")
    assert list(read_rows(path, fields=2)) == [Row(2, ("1", "a")), Row(5, ("2", "b"))]


def test_a_byte_order_mark_does_not_hide_the_header(tmp_path: Path) -> None:
    assert list(read_rows(write(tmp_path, "\ufefftweet_id\ttext\n1\ta\n"), fields=2)) == [Row(2, ("1", "a"))]


def test_quotes_and_line_separators_are_characters_like_others(tmp_path: Path) -> None:
    text = '"he said ""ow""\u2028 and\x85 \'left'
    assert next(read_rows(write(tmp_path, f"1\t{text}\r\n"), fields=2)).fields == ("1", text)


def test_a_tweet_is_the_raw_remainder_of_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "1\ta\tb \n")
    assert next(read_rows(path, fields=2, rest=True)).fields == ("1", "a\tb ")
    assert next(read_rows(path, fields=2)).fields == ("1", "a", "b ")


def test_short_rows_are_left_to_the_caller(tmp_path: Path) -> None:
    assert next(read_rows(write(tmp_path, "1\n"), fields=2)).fields == ("1",)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"spans\.tsv"):
        list(read_rows(tmp_path / "spans.tsv", fields=6))


def test_what_would_break_a_row_is_written_as_spaces_so_that_offsets_stay(tmp_path: Path) -> None:
    with writing_rows(tmp_path / "new" / "out.tsv") as (writer,):
        writer.write("1", "ADE", 0, 5, "a\tb\nc")
        writer.write("2", "lone \ud800")
    rows = list(read_rows(tmp_path / "new" / "out.tsv", fields=5))
    assert [row.fields for row in rows] == [("1", "ADE", "0", "5", "a b c"), ("2", "lone ?")]


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    path = write(tmp_path, "old\n")
    with pytest.raises(ZeroDivisionError), writing_rows(path) as (writer,):
        writer.write("new")
        raise ZeroDivisionError
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file"), writing_rows(tmp_path / "file" / "out.tsv"):
        pass


def test_where_one_file_cannot_be_written_none_appears(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.tsv", "b.tsv")]
    paths[0].write_text("old\n")
    with (
        pytest.raises(RunError, match=r"b\.tsv"),
        patch("os.fsync", side_effect=[None, OSError(errno.ENOSPC, "No space left on device")]),
        writing_rows(*paths) as writers,
    ):
        for writer in writers:
            writer.write("new")
    assert paths[0].read_text() == "old\n"
    assert list(tmp_path.iterdir()) == paths[:1]
