from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from training.corpora.prepared import read_split, read_splits, write_corpus, write_examples
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

SPLITS = {
    "train": [
        Example("a", "skin rash", 1, (AnnotatedSpan(5, 9, "1", "Rash", "3"),), "post"),
        Example("b", "fine", 0),
    ],
    "valid": [Example("c", "fine too", 0)],
}


def test_written_splits_are_read_back(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={"format": "smm4h"})
    assert read_splits(tmp_path / "out") == SPLITS
    assert read_split(tmp_path / "out", "valid") == SPLITS["valid"]
    assert read_split(tmp_path / "out" / "valid.jsonl", "train") == SPLITS["valid"]


def test_contexts_are_written_and_read_back(tmp_path: Path) -> None:
    examples = [Example("a", "it helps", 0, context="on zoloft"), Example("b", "it helps", 0)]
    write_corpus(tmp_path / "c", {"all": examples}, ReadingLog(), about={})
    assert read_split(tmp_path / "c", "all") == examples


def test_a_missing_split_is_reported_with_those_that_exist(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={})
    with pytest.raises(CorpusError, match=r"no test\.jsonl, but train\.jsonl, valid\.jsonl"):
        read_split(tmp_path / "out", "test")


def test_the_folder_documents_its_origin(tmp_path: Path) -> None:
    log = ReadingLog()
    log.count("files", 2)
    log.drop("offset mismatch", Path("spans.tsv"), 7, "'rash' is not at 1-5")
    write_corpus(tmp_path / "out", SPLITS, log, about={"format": "smm4h", "terminology": None})
    about = json.loads((tmp_path / "out" / "corpus.json").read_text())
    assert about["format"] == "smm4h"
    assert about["read"] == {"files": 2}
    assert about["dropped"]["offset mismatch"]["count"] == 1
    assert "spans.tsv, line 7" in about["dropped"]["offset mismatch"]["first"][0]
    assert about["splits"]["train"] == {"texts": 2, "positive": 1, "spans": 1, "coded": 1, "pts": 1}
    for name, digest in about["sha256"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


def test_the_same_corpus_can_be_written_again_but_another_needs_overwrite(tmp_path: Path) -> None:
    other = {"all": [Example("z", "another", 0)]}
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={})
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={})
    with pytest.raises(CorpusError, match="--overwrite"):
        write_corpus(tmp_path / "out", other, ReadingLog(), about={})
    assert read_splits(tmp_path / "out") == SPLITS
    write_corpus(tmp_path / "out", other, ReadingLog(), about={}, overwrite=True)
    assert read_splits(tmp_path / "out") == other


def test_a_split_that_was_edited_is_restored(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={})
    (tmp_path / "out" / "valid.jsonl").write_text("")
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={})
    assert read_splits(tmp_path / "out") == SPLITS


@pytest.mark.parametrize("prepared", [True, False])
def test_other_files_stay_even_with_overwrite(tmp_path: Path, prepared: bool) -> None:
    out = tmp_path / "out"
    if prepared:
        write_corpus(out, SPLITS, ReadingLog(), about={})
    out.mkdir(exist_ok=True)
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(CorpusError, match="out"):
        write_corpus(out, SPLITS, ReadingLog(), about={"x": 1}, overwrite=True)
    assert (out / "thesis.txt").read_text() == "years of work"


def test_no_temporary_files_are_left(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={})
    write_corpus(tmp_path / "out", SPLITS, ReadingLog(), about={"x": 1}, overwrite=True)
    write_examples(tmp_path / "deep" / "file.jsonl", SPLITS["train"])
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["deep/file.jsonl", "out/corpus.json", "out/train.jsonl", "out/valid.jsonl"]


def test_a_folder_that_is_not_prepared_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="prepare"):
        read_splits(tmp_path)
