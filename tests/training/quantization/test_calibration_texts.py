"""The texts for calibration, and those for validation."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.prepared import write_examples
from training.errors import CorpusError, RunError
from training.examples import Example
from training.quantization import CalibrationTexts, read_calibration_texts


def tweets(positives: int, negatives: int) -> list[Example]:
    return [Example(str(n), f"tweet {n}", int(n < positives)) for n in range(positives + negatives)]


def divide(
    folder: Path, examples: list[Example], validation: list[Example] | None = None, seed: int = 1
) -> CalibrationTexts:
    write_examples(folder / "tweets.jsonl", examples)
    if validation is None:
        return read_calibration_texts(folder / "tweets.jsonl", None, "valid", seed=seed)
    write_examples(folder / "others.jsonl", validation)
    return read_calibration_texts(folder / "tweets.jsonl", folder / "others.jsonl", "valid", seed=seed)


@given(positives=st.integers(2, 30), negatives=st.integers(2, 30), seed=st.integers(0, 5))
def test_half_of_each_class_is_for_validation_and_no_text_for_both(
    tmp_path_factory: pytest.TempPathFactory, positives: int, negatives: int, seed: int
) -> None:
    examples = tweets(positives, negatives)
    texts = divide(tmp_path_factory.mktemp("texts"), examples, seed=seed)
    assert sorted(texts.calibration + texts.validation, key=lambda e: int(e.id)) == examples
    for label, total in ((1, positives), (0, negatives)):
        assert sum(example.label == label for example in texts.validation) == (total + 1) // 2


def test_only_the_seed_changes_the_division(tmp_path: Path) -> None:
    examples = tweets(10, 30)
    assert divide(tmp_path, examples) == divide(tmp_path, examples)
    assert divide(tmp_path, examples).validation != divide(tmp_path, examples, seed=2).validation


def test_texts_for_validation_are_not_calibrated_on(tmp_path: Path) -> None:
    examples = tweets(10, 30)
    texts = divide(tmp_path, examples + examples[:5], examples[5:15])
    assert texts.validation == examples[5:15]
    assert {example.text for example in texts.calibration} == {e.text for e in examples[:5] + examples[15:]}


@pytest.mark.parametrize(
    ("examples", "validation"),
    [
        ([], None),
        (tweets(1, 0), None),
        (tweets(0, 9), None),
        (tweets(9, 0), None),
        (tweets(9, 9), tweets(0, 9)),
        (tweets(2, 2), tweets(9, 0)),
        (tweets(2, 2), tweets(2, 2)),
        (tweets(1, 1), None),
    ],
)
def test_too_few_texts_of_a_class_or_purpose_are_refused(
    examples: list[Example], validation: list[Example] | None, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=r"(tweets|others)\.jsonl"):
        divide(tmp_path, examples, validation)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        read_calibration_texts(tmp_path / "nowhere.jsonl", None, "valid", seed=1)
