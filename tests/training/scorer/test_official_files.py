"""What the official files say of each tweet.

The official files: rows, headers, quotes.
"""

import errno
from pathlib import Path
from unittest.mock import patch

import pytest

from training.errors import CorpusError, RunError
from training.evaluation.prediction_writer import writing_rows
from training.scorer import OfficialSpan, TweetAnnotation, read_annotations
from training.scorer.official_files import Row, read_rows

LIFT = {"1001": "1000", "1000": "1000"}


def folder(path: Path, **files: str) -> Path:
    for name, content in files.items():
        (path / f"{name}.tsv").write_text(content, encoding="utf-8")
    return path


def test_classes_spans_and_texts_are_put_together(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        tweets="tweet_id\ttext\n1\tso dizzy\n2\tfine",
        **{"class": "tweet_id\tlabel\n1\tADE\n2\tNoADE\n"},
        spans_norm="tweet_id\ttype\tstart\tend\tspan\tcode\n1\tADE\t3\t8\tDIZZY\t1000\n",
    )
    read = read_annotations(path)
    assert read.by_tweet == {
        "1": TweetAnnotation(True, (OfficialSpan(3, 8, "1000"),)),
        "2": TweetAnnotation(False),
    }
    assert read.texts == {"1": "so dizzy", "2": "fine"}


def test_an_llt_is_lifted_to_its_pt_and_a_pt_stays(tmp_path: Path) -> None:
    path = folder(tmp_path, spans_norm="1\tADE\t0\t3\tabc\t1001\n1\tADE\t5\t8\tabc\t1000\n")
    marks = read_annotations(path, lift=LIFT).by_tweet["1"].spans
    assert [mark.code for mark in marks] == ["1000", "1000"]


def test_a_code_that_the_terminology_has_not_got_stays_as_it_is(tmp_path: Path) -> None:
    path = folder(tmp_path, spans_norm="1\tADE\t0\t3\tabc\t4711\n")
    assert read_annotations(path, lift=LIFT).by_tweet["1"].spans == (OfficialSpan(0, 3, "4711"),)


def test_exact_duplicates_are_dropped_and_counted_but_nothing_else(tmp_path: Path) -> None:
    row = "1\tADE\t0\t3\tabc\t1000\n"
    path = folder(tmp_path, spans_norm=row + row + row.replace("1000", "2000"))
    read = read_annotations(path)
    assert (len(read.by_tweet["1"].spans), read.duplicates) == (2, 1)


def test_tweets_that_the_tweets_file_has_not_got_are_dropped_and_counted(tmp_path: Path) -> None:
    path = folder(tmp_path, tweets="1\ta", **{"class": "1\tNoADE\n9\tADE\n"}, spans="9\tADE\t0\t1\ta\n")
    read = read_annotations(path)
    assert (list(read.by_tweet), read.unknown) == (["1"], 1)


def test_without_classes_a_tweet_with_a_span_is_one_with_an_adverse_effect(tmp_path: Path) -> None:
    path = folder(tmp_path, tweets="1\ta b\n2\tc", spans="1\tADE\t0\t1\ta\n")
    assert {id_: said.adverse for id_, said in read_annotations(path).by_tweet.items()} == {
        "1": True,
        "2": False,
    }


def test_one_file_of_rows_is_enough(tmp_path: Path) -> None:
    path = folder(tmp_path, answer="1\tADE\t0\t1\ta\t1000\n") / "answer.tsv"
    assert read_annotations(path).by_tweet == {"1": TweetAnnotation(True, (OfficialSpan(0, 1, "1000"),))}


@pytest.mark.parametrize("code", ["", "-"])
def test_a_span_may_have_no_code(tmp_path: Path, code: str) -> None:
    path = folder(tmp_path, spans_norm=f"1\tADE\t0\t1\ta\t{code}\n")
    assert read_annotations(path).by_tweet["1"].spans == (OfficialSpan(0, 1),)


def test_rows_that_are_no_adverse_effect_are_passed_over(tmp_path: Path) -> None:
    path = folder(tmp_path, **{"class": "1\tNoADE\n"}, spans="1\tNoADE\t-\t-\t-\n")
    assert read_annotations(path).by_tweet == {"1": TweetAnnotation()}


@pytest.mark.parametrize(
    "row",
    ["1", "1\tADE\t0\t3", "1\tADE\tx\t3\tabc", "1\tADE\t5\t3\tabc", "1\tADE\t-1\t3\tabc", "1\tADE\t\t\tabc"],
)
def test_a_malformed_row_of_spans_is_named_with_its_line(tmp_path: Path, row: str) -> None:
    path = folder(tmp_path, spans=f"0\tADE\t0\t1\ta\n{row}\n")
    with pytest.raises(CorpusError, match=r"spans\.tsv, line 2"):
        read_annotations(path)


@pytest.mark.parametrize("rows", ["1\tADE\n2\n", "1\tADE\n2\tmaybe\n", "1\tADE\n1\tNoADE\n"])
def test_a_class_that_is_none_or_contradicts_another_is_named_with_its_line(
    tmp_path: Path, rows: str
) -> None:
    with pytest.raises(CorpusError, match=r"class\.tsv, line 2"):
        read_annotations(folder(tmp_path, **{"class": rows}))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"class\.tsv"):
        read_annotations(tmp_path)


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
