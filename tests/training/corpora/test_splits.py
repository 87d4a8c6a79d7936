""""""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora import documents_apart
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_named, thinned
from training.errors import CorpusError
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


SOURCE = Path("corpus.jsonl")


def corpus(positives: int, negatives: int) -> list[Example]:
    return [Example(str(n), f"text {n}", int(n < positives)) for n in range(positives + negatives)]


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0.02, 0.98))
def test_thinning_comes_to_the_prevalence_and_takes_from_one_class_alone(
    positives: int, negatives: int, prevalence: float
) -> None:
    examples, log = corpus(positives, negatives), ReadingLog()
    kept = thinned(examples, prevalence, SOURCE, log, seed=1)
    count = sum(example.label for example in kept)
    assert abs(count - prevalence * len(kept)) <= 1
    assert count == positives or len(kept) - count == negatives
    assert log.noted.total() == len(examples) - len(kept)
    assert [example for example in examples if example in kept] == kept


def test_another_seed_leaves_out_others() -> None:
    first, second = (thinned(corpus(200, 200), 0.1, SOURCE, ReadingLog(), seed=seed) for seed in (1, 2))
    assert first != second
    assert first == thinned(corpus(200, 200), 0.1, SOURCE, ReadingLog(), seed=1)


@pytest.mark.parametrize(
    ("positives", "negatives", "prevalence"), [(5, 0, 0.1), (0, 5, 0.1), (5, 5, 0), (5, 5, 1)]
)
def test_what_cannot_be_thinned_is_told(positives: int, negatives: int, prevalence: float) -> None:
    with pytest.raises(CorpusError):
        thinned(corpus(positives, negatives), prevalence, SOURCE, ReadingLog(), seed=1)
