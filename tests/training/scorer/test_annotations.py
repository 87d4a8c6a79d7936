"""What the official files say of each tweet."""

from pathlib import Path

import pytest

from training.errors import CorpusError
from training.scorer import OfficialSpan, TweetAnnotation, read_annotations

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
