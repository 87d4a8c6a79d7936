"""Labels of a language model are never taken for those of a person, unless somebody says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.tiny_methods import corpus, tiny_method
from training.corpora import (
    Preparation,
    ReadingLog,
    example_record,
    mark_model_labels,
    prepare_corpus,
    read_records,
    read_split,
    read_splits,
)
from training.errors import CorpusError
from training.evaluation import read_gold, read_unlabelled
from training.examples import AnnotatedSpan, Example
from training.methods import read_mixes

HUMAN = Example("1", "just got my pill", 0)
LABELLED = Example("2", "so dizzy", 1, (AnnotatedSpan(3, 8),))


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A file with a record of a person and one of a model."""
    marked = mark_model_labels(example_record(LABELLED), model="tiny-model", prompt="1")
    path = tmp_path / "train.jsonl"
    path.write_text(f"{json.dumps(example_record(HUMAN))}\n{json.dumps(marked)}\n")
    return path


def test_readers_of_annotations_refuse_them(labels: Path) -> None:
    for read in (
        lambda: read_records(labels),
        lambda: read_records(labels, ReadingLog()),
        lambda: read_split(labels, "train"),
        lambda: read_split(labels.parent, "train"),
        lambda: read_gold(labels, "valid", None),
        lambda: prepare_corpus(labels, Preparation("jsonl"), ReadingLog()),
    ):
        with pytest.raises(CorpusError, match=r"line 2: tiny-model .*--allow-model-labels"):
            read()


def test_they_are_read_where_that_is_allowed(labels: Path) -> None:
    expected = [HUMAN, LABELLED]
    assert read_split(labels, "train", allow_model_labels=True) == expected
    assert read_splits(labels) == {"all": expected}
    assert set(read_gold(labels, "valid", None, allow_model_labels=True).by_tweet) == {"1", "2"}


def test_they_can_be_mixed_in(labels: Path, tiny_encoder: Path) -> None:
    method = tiny_method("mtl", tiny_encoder)
    with pytest.raises(CorpusError, match="tiny-model"):
        read_mixes([f"{labels}=0.3"], corpus(), method)
    [mix] = read_mixes([f"{labels}=0.3"], corpus(), method, allow_model_labels=True).mixes
    assert mix.examples == (HUMAN, LABELLED)


def test_their_texts_are_texts_like_any_other(labels: Path) -> None:
    assert [example.text for example in read_unlabelled([labels])] == [HUMAN.text, LABELLED.text]


def test_a_reviewed_record_is_an_annotation(labels: Path) -> None:
    labels.write_text(labels.read_text().replace('"source": "model"', '"source": "reviewed"'))
    assert len(read_split(labels, "train")) == 2
