from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from models.terminology import Llt, Terminology
from training.corpora.preparation import Preparation, prepare_corpus
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example


def corpus(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def texts(count: int, *, per_document: int = 1) -> list[dict[str, Any]]:
    return [
        {"id": f"doc{n // per_document}:{n}", "text": f"text number {n}", "label": n % 2}
        for n in range(count)
    ]


def sides(splits: dict[str, list[Example]]) -> dict[str, set[str]]:
    return {name: {e.document or e.id for e in examples} for name, examples in splits.items()}


def test_a_corpus_is_divided_by_document(tmp_path: Path) -> None:
    path = corpus(tmp_path / "c.jsonl", *texts(400, per_document=4))
    preparation = Preparation("jsonl", document=re.compile(r"^(doc\d+):"), valid_share=0.2, test_share=0.2)
    splits = prepare_corpus(path, preparation, ReadingLog())
    assert {example.id for examples in splits.values() for example in examples} == {
        record["id"] for record in texts(400, per_document=4)
    }
    documents = sides(splits)
    assert sum(map(len, documents.values())) == len(set().union(*documents.values())) == 100
    assert 8 <= len(documents["valid"]) <= 35
    assert 8 <= len(documents["test"]) <= 35


def test_the_division_depends_only_on_the_seed(tmp_path: Path) -> None:
    path = corpus(tmp_path / "c.jsonl", *texts(60))
    first, again, other = (
        prepare_corpus(path, Preparation("jsonl", valid_share=0.3, seed=seed), ReadingLog())
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_an_additional_text_moves_none_of_the_others(tmp_path: Path) -> None:
    preparation = Preparation("jsonl", valid_share=0.3)
    before = prepare_corpus(corpus(tmp_path / "a.jsonl", *texts(60)), preparation, ReadingLog())
    after = prepare_corpus(corpus(tmp_path / "b.jsonl", *texts(61)), preparation, ReadingLog())
    assert all(set(before[name]) <= set(after[name]) for name in before)


def test_only_training_loses_duplicates_and_overlaps(tmp_path: Path) -> None:
    nested = [{"start": 0, "end": 9}, {"start": 5, "end": 9}]
    for split in ("train", "valid"):
        corpus(
            tmp_path / f"{split}.jsonl",
            {"id": "a", "text": f"skin rash {split}", "label": 1, "spans": nested},
            {"id": "b", "text": f"skin rash {split}", "label": 1, "spans": nested},
        )
    splits = prepare_corpus(tmp_path, Preparation("jsonl"), ReadingLog(strict=True))
    assert [(e.id, len(e.spans)) for e in splits["train"]] == [("a", 1)]
    assert [(e.id, len(e.spans)) for e in splits["valid"]] == [("a", 2), ("b", 2)]


def test_nothing_is_dropped_if_everything_is_to_be_kept(tmp_path: Path) -> None:
    span = [{"start": 0, "end": 9}, {"start": 5, "end": 9}]
    for split in ("train", "valid"):
        records = ({"id": name, "text": "skin rash", "label": 1, "spans": span} for name in "ab")
        corpus(tmp_path / f"{split}.jsonl", *records)
    preparation = Preparation("jsonl", keep_shared=True, keep_duplicates=True, keep_overlaps=True)
    splits = prepare_corpus(tmp_path, preparation, ReadingLog())
    assert splits["train"] == splits["valid"]
    assert [len(e.spans) for e in splits["train"]] == [2, 2]


def test_codes_are_lifted_in_every_split(tmp_path: Path) -> None:
    for split in ("train", "test"):
        record = {"id": split, "text": f"rash in {split}", "label": 1}
        corpus(tmp_path / f"{split}.jsonl", {**record, "spans": [{"start": 0, "end": 4, "ptid": "3"}]})
    preparation = Preparation("jsonl", terminology=Terminology({"1": "Rash"}, (Llt("3", "Red skin", "1"),)))
    splits = prepare_corpus(tmp_path, preparation, ReadingLog())
    assert {e.spans for examples in splits.values() for e in examples} == {
        (AnnotatedSpan(0, 4, "1", "Rash", "3"),)
    }


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"format": "csv"}, "csv"),
        ({"format": "jsonl", "valid_share": 0.6, "test_share": 0.5}, "0.6"),
        ({"format": "jsonl", "valid_share": -0.1}, "-0.1"),
        ({"format": "jsonl", "document": re.compile("doc")}, "doc"),
    ],
)
def test_invalid_options_are_rejected(options: dict[str, Any], named: str) -> None:
    with pytest.raises(CorpusError, match=named):
        Preparation(**options)


def test_an_existing_split_is_not_made_again(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        corpus(tmp_path / f"{split}.jsonl", *texts(5))
    with pytest.raises(CorpusError, match="--valid-share"):
        prepare_corpus(tmp_path, Preparation("jsonl", valid_share=0.2), ReadingLog())


def test_a_corpus_with_only_faults_is_rejected_with_their_reasons(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text("no json\nnor this\n")
    with pytest.raises(CorpusError, match=r"malformed record \(2\), first in .*c\.jsonl, line 1"):
        prepare_corpus(path, Preparation("jsonl"), ReadingLog())


def test_a_share_without_any_document_is_rejected(tmp_path: Path) -> None:
    path = corpus(tmp_path / "c.jsonl", *texts(2))
    with pytest.raises(CorpusError, match="valid"):
        prepare_corpus(path, Preparation("jsonl", valid_share=1e-9), ReadingLog())


def test_training_with_only_texts_of_validation_is_rejected(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        corpus(tmp_path / f"{split}.jsonl", *texts(5))
    with pytest.raises(CorpusError, match="--keep-shared"):
        prepare_corpus(tmp_path, Preparation("jsonl"), ReadingLog())
