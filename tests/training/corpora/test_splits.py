""""""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora import split_by_document
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import require_split, split_from_name, thin_to_prevalence
from training.errors import CorpusError
from training.examples import Example


def test_the_sentences_of_a_document_stay_together() -> None:
    sentences = [Example(f"{document}:{n}", "text", 0) for document in range(200) for n in range(3)]
    training, validation = split_by_document(sentences, lambda e: e.id.split(":")[0], share=0.2, salt="x")
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
def test_a_split_is_recognized_by_the_start_of_a_word(name: str, split: str | None) -> None:
    assert split_from_name(name) == split


@pytest.mark.parametrize(
    ("word", "split"),
    [("dev", "valid"), ("Validation", "valid"), ("training", "train"), ("test", "test"), ("all", "all")],
)
def test_users_have_several_words_for_a_split(word: str, split: str) -> None:
    assert require_split(word) == split


def test_a_word_for_no_split_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"'latest'.*valid"):
        require_split("latest")


SOURCE = Path("corpus.jsonl")


def corpus(positives: int, negatives: int) -> list[Example]:
    return [Example(str(n), f"text {n}", int(n < positives)) for n in range(positives + negatives)]


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0.02, 0.98))
def test_thinning_reaches_the_prevalence_and_drops_only_one_class(
    positives: int, negatives: int, prevalence: float
) -> None:
    examples, log = corpus(positives, negatives), ReadingLog()
    kept = thin_to_prevalence(examples, prevalence, SOURCE, log, seed=1)
    count = sum(example.label for example in kept)
    assert abs(count - prevalence * len(kept)) <= 1
    assert count == positives or len(kept) - count == negatives
    assert log.noted.total() == len(examples) - len(kept)
    assert [example for example in examples if example in kept] == kept


def test_another_seed_drops_other_texts() -> None:
    first, second = (
        thin_to_prevalence(corpus(200, 200), 0.1, SOURCE, ReadingLog(), seed=seed) for seed in (1, 2)
    )
    assert first != second
    assert first == thin_to_prevalence(corpus(200, 200), 0.1, SOURCE, ReadingLog(), seed=1)


@pytest.mark.parametrize(
    ("positives", "negatives", "prevalence"), [(5, 0, 0.1), (0, 5, 0.1), (5, 5, 0), (5, 5, 1)]
)
def test_a_prevalence_that_cannot_be_reached_is_rejected(
    positives: int, negatives: int, prevalence: float
) -> None:
    with pytest.raises(CorpusError):
        thin_to_prevalence(corpus(positives, negatives), prevalence, SOURCE, ReadingLog(), seed=1)
