"""The official files: rows, headers, quotes, and the annotations of each tweet in them."""

from pathlib import Path

import pytest

from training.errors import CorpusError
from training.scorer import OfficialSpan, TweetAnnotation, read_annotations
from training.scorer.official_files import Row, read_rows

LIFT = {"1001": "1000", "1000": "1000"}


def folder(path: Path, **files: str) -> Path:
    for name, content in files.items():
        (path / f"{name}.tsv").write_text(content, encoding="utf-8")
    return path


def tweets_file(folder: Path, content: str) -> Path:
    path = folder / "tweets.tsv"
    path.write_bytes(content.encode())
    return path


def test_rows_have_their_line_numbers_and_headers_are_skipped(tmp_path: Path) -> None:
    path = tweets_file(tmp_path, "tweet_id\ttext\n1\ta\n\ntweet_id\ttext\n2\tb\n")
    assert list(read_rows(path, fields=2)) == [Row(2, ("1", "a")), Row(5, ("2", "b"))]


def test_a_byte_order_mark_does_not_hide_the_header(tmp_path: Path) -> None:
    path = tweets_file(tmp_path, "\ufefftweet_id\ttext\n1\ta\n")
    assert list(read_rows(path, fields=2)) == [Row(2, ("1", "a"))]


def test_quotes_and_line_separators_are_ordinary_characters(tmp_path: Path) -> None:
    text = '"he said ""ow""\u2028 and\x85 \'left'
    assert next(read_rows(tweets_file(tmp_path, f"1\t{text}\r\n"), fields=2)).fields == ("1", text)


def test_the_last_field_can_be_the_rest_of_the_line(tmp_path: Path) -> None:
    path = tweets_file(tmp_path, "1\ta\tb \n")
    assert next(read_rows(path, fields=2, rest=True)).fields == ("1", "a\tb ")
    assert next(read_rows(path, fields=2)).fields == ("1", "a", "b ")


def test_short_rows_are_left_to_the_caller(tmp_path: Path) -> None:
    assert next(read_rows(tweets_file(tmp_path, "1\n"), fields=2)).fields == ("1",)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"spans\.tsv"):
        list(read_rows(tmp_path / "spans.tsv", fields=6))


def test_classes_spans_and_texts_are_combined(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        tweets="tweet_id\ttext\n1\tso dizzy\n2\tfine",
        **{"class": "tweet_id\tlabel\n1\tADE\n2\tNoADE\n"},
        spans_norm="tweet_id\ttype\tstart\tend\tspan\tcode\n1\tADE\t3\t8\tDIZZY\t1000\n",
    )
    annotations = read_annotations(path)
    assert annotations.by_tweet == {
        "1": TweetAnnotation(True, (OfficialSpan(3, 8, "1000"),)),
        "2": TweetAnnotation(False),
    }
    assert annotations.texts == {"1": "so dizzy", "2": "fine"}


def test_an_llt_is_lifted_to_its_pt_and_a_pt_stays(tmp_path: Path) -> None:
    path = folder(tmp_path, spans_norm="1\tADE\t0\t3\tabc\t1001\n1\tADE\t5\t8\tabc\t1000\n")
    spans = read_annotations(path, lift=LIFT).by_tweet["1"].spans
    assert [span.code for span in spans] == ["1000", "1000"]


def test_a_code_that_the_terminology_lacks_stays_as_it_is(tmp_path: Path) -> None:
    path = folder(tmp_path, spans_norm="1\tADE\t0\t3\tabc\t4711\n")
    assert read_annotations(path, lift=LIFT).by_tweet["1"].spans == (OfficialSpan(0, 3, "4711"),)


def test_only_exact_duplicates_are_dropped_and_counted(tmp_path: Path) -> None:
    row = "1\tADE\t0\t3\tabc\t1000\n"
    path = folder(tmp_path, spans_norm=row + row + row.replace("1000", "2000"))
    annotations = read_annotations(path)
    assert (len(annotations.by_tweet["1"].spans), annotations.duplicates) == (2, 1)


def test_tweets_that_the_tweets_file_lacks_are_dropped_and_counted(tmp_path: Path) -> None:
    path = folder(tmp_path, tweets="1\ta", **{"class": "1\tNoADE\n9\tADE\n"}, spans="9\tADE\t0\t1\ta\n")
    annotations = read_annotations(path)
    assert (list(annotations.by_tweet), annotations.unknown) == (["1"], 1)


def test_without_classes_a_tweet_with_a_span_reports_an_adverse_effect(tmp_path: Path) -> None:
    path = folder(tmp_path, tweets="1\ta b\n2\tc", spans="1\tADE\t0\t1\ta\n")
    by_tweet = read_annotations(path).by_tweet
    assert {id_: annotation.adverse for id_, annotation in by_tweet.items()} == {"1": True, "2": False}


def test_coded_spans_are_preferred_to_plain_ones(tmp_path: Path) -> None:
    path = folder(tmp_path, spans="1\tADE\t0\t1\ta\n", spans_norm="1\tADE\t2\t3\tb\t1000\n")
    assert read_annotations(path).by_tweet["1"].spans == (OfficialSpan(2, 3, "1000"),)


def test_a_single_file_of_rows_is_enough(tmp_path: Path) -> None:
    path = folder(tmp_path, answer="1\tADE\t0\t1\ta\t1000\n") / "answer.tsv"
    assert read_annotations(path).by_tweet == {"1": TweetAnnotation(True, (OfficialSpan(0, 1, "1000"),))}


@pytest.mark.parametrize("code", ["", "-"])
def test_a_span_may_have_no_code(tmp_path: Path, code: str) -> None:
    path = folder(tmp_path, spans_norm=f"1\tADE\t0\t1\ta\t{code}\n")
    assert read_annotations(path).by_tweet["1"].spans == (OfficialSpan(0, 1),)


def test_rows_without_an_adverse_effect_are_skipped(tmp_path: Path) -> None:
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


def test_an_empty_span_is_allowed(tmp_path: Path) -> None:
    assert read_annotations(folder(tmp_path, spans="1\tADE\t0\t0\t\n")).by_tweet["1"].spans == (
        OfficialSpan(0, 0),
    )


@pytest.mark.parametrize("rows", ["1\tADE\n2\n", "1\tADE\n2\tmaybe\n", "1\tADE\n1\tNoADE\n"])
def test_an_invalid_or_contradicting_class_is_named_with_its_line(tmp_path: Path, rows: str) -> None:
    with pytest.raises(CorpusError, match=r"class\.tsv, line 2"):
        read_annotations(folder(tmp_path, **{"class": rows}))


def test_a_folder_without_official_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"class\.tsv"):
        read_annotations(tmp_path)
