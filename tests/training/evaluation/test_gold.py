"""Annotations and predictions from files of either layout."""

import json
from pathlib import Path

import pytest

from models.terminology import Llt, Terminology
from training.errors import CorpusError, RunError
from training.evaluation.gold import read_gold, read_seen
from training.evaluation.prediction_files import read_predictions
from training.evaluation.prediction_writer import require_no_predictions
from training.evaluation.tweet_files import read_texts, text_file
from training.scorer import OfficialSpan, TweetAnnotation

TERMS = Terminology({"10": "Dizziness"}, (Llt("11", "Dizzy", "10"), Llt("10", "Dizziness", "10")))


def corpus(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def dizzy(id_: str, code: str) -> dict[str, object]:
    span = {"start": 3, "end": 8, "text": "dizzy", "ptid": code, "pt_name": "Dizzy spell"}
    return {"id": id_, "text": "so dizzy", "label": 1, "spans": [span]}


def test_both_layouts_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "official").mkdir()
    for name, rows in (
        ("tweets", "1\tso dizzy\n2\tfine\n"),
        ("class", "1\tADE\n2\tNoADE\n"),
        ("spans_norm", "1\tADE\t3\t8\tdizzy\t11\n"),
    ):
        (tmp_path / "official" / f"{name}.tsv").write_text(rows)
    prepared = corpus(tmp_path / "valid.jsonl", dizzy("1", "11"), {"id": "2", "text": "fine", "label": 0})
    official = read_gold(tmp_path / "official", "valid", TERMS)
    for path in (prepared, tmp_path):
        gold = read_gold(path, "valid", TERMS)
        assert gold.by_tweet == official.by_tweet
        assert gold.texts == official.texts == {"1": "so dizzy", "2": "fine"}
    assert official.by_tweet["1"] == TweetAnnotation(True, (OfficialSpan(3, 8, "10"),))
    assert {mark.code for judgement in official.by_tweet.values() for mark in judgement.spans} == {"10"}


def test_a_release_with_a_folder_for_each_split_is_read_by_split(tmp_path: Path) -> None:
    for name, label in (("training", "ADE"), ("validation", "NoADE")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "class.tsv").write_text(f"1\t{label}\n")
    assert read_gold(tmp_path, "train", None).by_tweet["1"].adverse
    assert not read_gold(tmp_path, "valid", None).by_tweet["1"].adverse


def test_names_come_from_the_terminology_and_else_from_the_corpus(tmp_path: Path) -> None:
    path = corpus(tmp_path / "a.jsonl", dizzy("1", "10"))
    assert read_gold(path, "valid", None).names == {"10": "Dizzy spell"}
    assert read_gold(path, "valid", TERMS).names == {"10": "Dizziness"}


def test_an_id_that_is_there_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="twin"):
        read_gold(corpus(tmp_path / "a.jsonl", dizzy("twin", "10"), dizzy("twin", "10")), "valid", None)


@pytest.mark.parametrize("name", ["empty.jsonl", "class.tsv", "folder", "nowhere.jsonl"])
def test_what_holds_no_annotations_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "class.tsv").write_text("1\tADE\n")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CorpusError, match=str(tmp_path / name)):
        read_gold(tmp_path / name, "valid", None)


def test_texts_are_read_from_both_layouts(tmp_path: Path) -> None:
    corpus(tmp_path / "test.jsonl", {"id": 7, "text": "a\nb"}, {"text": "c"})
    assert [*read_texts(text_file(tmp_path, "test"))] == [("7", "a\nb"), ("2", "c")]
    for folder in (tmp_path, tmp_path / "SMM4H_2021_Dev"):
        folder.mkdir(exist_ok=True)
        (folder / "tweets.tsv").write_text(f'tweet_id\ttext\n1\t"{folder.name}\tb\n')
        assert [*read_texts(text_file(folder, "valid"))] == [("1", f'"{folder.name}\tb')]
    (tmp_path / "tweets.tsv").unlink()
    assert text_file(tmp_path, "valid").parent.name == "SMM4H_2021_Dev"
    with pytest.raises(CorpusError, match=r"valid, test.*--split"):
        text_file(tmp_path, "train")


def test_a_place_without_texts_is_named(tmp_path: Path) -> None:
    (tmp_path / "class.tsv").touch()
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CorpusError, match=str(place)):
            text_file(place, "test")


def test_rows_at_fault_in_training_data_do_not_keep_its_codes_from_being_known(tmp_path: Path) -> None:
    (tmp_path / "tweets.tsv").write_text("1\tso dizzy\nno tab\n")
    (tmp_path / "spans_norm.tsv").write_text("1\tADE\t3\t8\tdizzy\t11\n1\tADE\tx\t8\tdizzy\t11\n")
    assert read_seen(tmp_path, None) == {"11"}
    assert read_seen(tmp_path, TERMS) == {"10"}
    assert read_seen(corpus(tmp_path / "a.jsonl", dizzy("1", "30")), None) == {"30"}


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl", '{"text": "a"}\n{"id": 1}\n'), ("a.jsonl", '{"text": "a"}\n{\n'), ("a.tsv", "1\ta\n2\n")],
)
def test_a_line_without_a_text_is_named(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CorpusError, match=f"{name}, line 2"):
        list(read_texts(tmp_path / name))


@pytest.mark.parametrize("row", ["1", "1\tx", "1\t1.5", "1\tnan"])
def test_a_probability_that_is_none_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "class.tsv").write_text("1\tADE\n")
    (tmp_path / "probabilities.tsv").write_text(f"{row}\n")
    with pytest.raises(CorpusError, match=r"probabilities\.tsv, line 1"):
        read_predictions(tmp_path, lift=None)


def test_predictions_are_replaced_where_that_is_asked_for_alone(tmp_path: Path) -> None:
    require_no_predictions(tmp_path, overwrite=False)
    for name in ("class.tsv", "probabilities.tsv"):
        (tmp_path / name).touch()
    with pytest.raises(RunError, match="set of predictions.*--overwrite"):
        require_no_predictions(tmp_path, overwrite=False)
    require_no_predictions(tmp_path, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_annotations_are_not_replaced_by_predictions(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "class.tsv").touch()
    with pytest.raises(RunError, match=r"class\.tsv"):
        require_no_predictions(tmp_path, overwrite=overwrite)
    with pytest.raises(RunError, match="is not a set of predictions"):
        require_no_predictions(tmp_path / "class.tsv", overwrite=overwrite)
