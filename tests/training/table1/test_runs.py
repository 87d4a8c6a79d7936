"""The corpus of Table 1: official files or a prepared folder, and the splits that are scored."""

from pathlib import Path

import pytest

from tests.tiny import EFFECTS
from tests.training.tiny_methods import corpus
from training.corpora.prepared import write_examples
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import Example
from training.table1.runs import read_corpus, scored_splits


def test_official_files_are_prepared_when_read(tmp_path: Path) -> None:
    for split, examples in (("train", corpus().train), ("valid", corpus().valid)):
        folder = tmp_path / split
        folder.mkdir()
        rows = list(enumerate(examples))
        (folder / "tweets.tsv").write_text("".join(f"{split}{n}\t{e.text}\n" for n, e in rows))
        labels = ("NoADE", "ADE")
        (folder / "class.tsv").write_text("".join(f"{split}{n}\t{labels[e.label]}\n" for n, e in rows))
        spans = [(n, e, span) for n, e in rows for span in e.spans]
        (folder / "spans_norm.tsv").write_text(
            "".join(
                f"{split}{n}\tADE\t{s.start}\t{s.end}\t{e.text[s.start : s.end]}\t{s.ptid}\n"
                for n, e, s in spans
            )
        )
    log = ReadingLog()
    splits = read_corpus(tmp_path, None, log)
    assert log.counts
    assert scored_splits(splits) == ["valid"]
    assert sum(example.label for example in splits["train"]) == 20
    assert {span.ptid for e in splits["train"] for span in e.spans} == {ptid for ptid, _ in EFFECTS.values()}


def test_a_corpus_without_validation_is_an_error_with_what_to_do(tmp_path: Path) -> None:
    write_examples(tmp_path / "train.jsonl", corpus().train)
    with pytest.raises(CorpusError, match="--valid-share"):
        read_corpus(tmp_path, None)


def test_an_unlabelled_test_set_is_not_scored() -> None:
    splits = {"valid": corpus().valid, "test": [Example("1", "hello", 0)]}
    assert scored_splits(splits) == ["valid"]
