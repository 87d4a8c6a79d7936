from __future__ import annotations

import pytest

from training.corpora import documents_apart
from training.corpora.splits import split_named
from training.examples import Example


def test_the_sentences_of_a_document_stay_together() -> None:
    sentences = [Example(f"{document}:{n}", "text", 0) for document in range(200) for n in range(3)]
    training, validation = documents_apart(sentences, lambda e: e.id.split(":")[0], share=0.2, salt="x")
    left, right = ({e.id.split(":")[0] for e in side} for side in (training, validation))
    assert not left & right
    assert len(training) + len(validation) == len(sentences)
    assert 20 <= len(right) <= 60


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("Training_2021", "train"),
        ("TrainData2", "train"),
        ("task3_validation", "valid"),
        ("SMM4H22-Dev", "valid"),
        ("test", "test"),
        ("tweets", None),
        ("latest", None),
        ("spans_norm", None),
    ],
)
def test_a_split_is_known_by_a_word_that_begins_so(name: str, split: str | None) -> None:
    assert split_named(name) == split
