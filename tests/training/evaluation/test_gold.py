"""Annotations from files of both layouts."""

import json
from pathlib import Path

import pytest

from models.terminology import Llt, Terminology
from training.errors import CorpusError
from training.evaluation.gold import read_gold, read_seen
from training.scorer import OfficialSpan, TweetAnnotation

TERMS = Terminology({"10": "Dizziness"}, (Llt("11", "Dizzy", "10"), Llt("10", "Dizziness", "10")))


def corpus(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def dizzy(id_: str, code: str) -> dict[str, object]:
    span = {"start": 3, "end": 8, "text": "dizzy", "ptid": code, "pt_name": "Dizzy spell"}
    return {"id": id_, "text": "so dizzy", "label": 1, "spans": [span]}


def test_both_layouts_give_the_same_annotations(tmp_path: Path) -> None:
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
    codes = {span.code for annotation in official.by_tweet.values() for span in annotation.spans}
    assert codes == {"10"}


def test_a_release_with_a_folder_for_each_split_is_read_by_split(tmp_path: Path) -> None:
    for name, label in (("training", "ADE"), ("validation", "NoADE")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "class.tsv").write_text(f"1\t{label}\n")
    assert read_gold(tmp_path, "train", None).by_tweet["1"].adverse
    assert not read_gold(tmp_path, "valid", None).by_tweet["1"].adverse


def test_the_words_of_the_release_of_2022_are_known(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "class.tsv").write_text("1\tADE\n2\tnoADE\n")
    gold = read_gold(tmp_path, "dev", None)
    assert [annotation.adverse for annotation in gold.by_tweet.values()] == [True, False]


@pytest.mark.parametrize("split", ["train", "foo"])
def test_a_split_that_a_folder_lacks_is_named_with_those_that_it_has(tmp_path: Path, split: str) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "class.tsv").write_text("1\tADE\n")
    with pytest.raises(CorpusError, match=rf"{split}.*valid"):
        read_gold(tmp_path, split, None)


def test_dropped_rows_are_noted(tmp_path: Path) -> None:
    row = "1\tADE\t3\t8\tdizzy\t11\n"
    (tmp_path / "tweets.tsv").write_text("1\tso dizzy\n")
    (tmp_path / "spans_norm.tsv").write_text(row + row + row.replace("1", "9", 1))
    duplicates, unknown = read_gold(tmp_path, "valid", TERMS).notes
    assert duplicates.startswith("1 row")
    assert unknown.startswith("1 tweet")
    assert "--terminology" in read_gold(tmp_path, "valid", None).notes[-1]


def test_names_come_from_the_terminology_before_the_corpus(tmp_path: Path) -> None:
    path = corpus(tmp_path / "a.jsonl", dizzy("1", "10"))
    assert read_gold(path, "valid", None).names == {"10": "Dizzy spell"}
    assert read_gold(path, "valid", TERMS).names == {"10": "Dizziness"}


def test_an_id_that_occurs_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="twin"):
        read_gold(corpus(tmp_path / "a.jsonl", dizzy("twin", "10"), dizzy("twin", "10")), "valid", None)


@pytest.mark.parametrize("name", ["empty.jsonl", "class.tsv", "folder", "nowhere.jsonl"])
def test_a_place_without_annotations_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "class.tsv").write_text("1\tADE\n")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CorpusError, match=str(tmp_path / name)):
        read_gold(tmp_path / name, "valid", None)


def test_malformed_rows_of_training_data_do_not_hide_its_codes(tmp_path: Path) -> None:
    (tmp_path / "tweets.tsv").write_text("1\tso dizzy\nno tab\n")
    (tmp_path / "spans_norm.tsv").write_text("1\tADE\t3\t8\tdizzy\t11\n1\tADE\tx\t8\tdizzy\t11\n")
    assert read_seen(tmp_path, None) == {"11"}
    assert read_seen(tmp_path, TERMS) == {"10"}
    assert read_seen(corpus(tmp_path / "a.jsonl", dizzy("1", "30")), None) == {"30"}
