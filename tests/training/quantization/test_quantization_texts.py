"""The texts that calibrate, and those that judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.prepared import write_examples
from training.errors import CorpusError, RunError
from training.examples import Example
from training.quantization.texts import Division, read_division


def tweets(positives: int, negatives: int) -> list[Example]:
    return [Example(str(n), f"tweet {n}", int(n < positives)) for n in range(positives + negatives)]


def divided(
    folder: Path, examples: list[Example], judging: list[Example] | None = None, seed: int = 1
) -> Division:
    write_examples(folder / "tweets.jsonl", examples)
    if judging is None:
        return read_division(folder / "tweets.jsonl", None, "valid", seed=seed)
    write_examples(folder / "judging.jsonl", judging)
    return read_division(folder / "tweets.jsonl", folder / "judging.jsonl", "valid", seed=seed)


@given(positives=st.integers(2, 30), negatives=st.integers(2, 30), seed=st.integers(0, 5))
def test_half_of_each_class_judges_and_no_text_does_both(
    tmp_path_factory: pytest.TempPathFactory, positives: int, negatives: int, seed: int
) -> None:
    examples = tweets(positives, negatives)
    sides = divided(tmp_path_factory.mktemp("texts"), examples, seed=seed)
    assert sorted(sides.calibration + sides.validation, key=lambda e: int(e.id)) == examples
    for label, total in ((1, positives), (0, negatives)):
        assert sum(example.label == label for example in sides.validation) == (total + 1) // 2


def test_the_seed_alone_decides_who_judges(tmp_path: Path) -> None:
    examples = tweets(10, 30)
    assert divided(tmp_path, examples) == divided(tmp_path, examples)
    assert divided(tmp_path, examples).validation != divided(tmp_path, examples, seed=2).validation


def test_texts_that_judge_do_not_calibrate(tmp_path: Path) -> None:
    examples = tweets(10, 30)
    sides = divided(tmp_path, examples + examples[:5], examples[5:15])
    assert sides.validation == examples[5:15]
    assert {example.text for example in sides.calibration} == {e.text for e in examples[:5] + examples[15:]}


@pytest.mark.parametrize(
    ("examples", "judging"),
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
def test_too_few_texts_of_a_side_or_a_class_are_refused(
    examples: list[Example], judging: list[Example] | None, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=r"(tweets|judging)\.jsonl"):
        divided(tmp_path, examples, judging)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        read_division(tmp_path / "nowhere.jsonl", None, "valid", seed=1)
