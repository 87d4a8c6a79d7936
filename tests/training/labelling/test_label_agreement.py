"""Cohen's kappa by hand, its interval, and figures that are not defined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.examples import AnnotatedSpan, Example
from training.labelling import cohens_kappa, measure_agreement

GOLD = [
    Example("1", "so dizzy", 1, (AnnotatedSpan(3, 8, "90000004"),)),
    Example("2", "so sick", 1, (AnnotatedSpan(3, 7),)),
    *(Example(str(number), f"hello {number}", 0) for number in range(3, 21)),
]


def by_text(examples: list[Example]) -> dict[tuple[str, str], Example]:
    return {(example.context, example.text): example for example in examples}


def test_kappa_of_known_tables() -> None:
    # 20 and 15 agreements, 5 and 10 disagreements: (0.7 - 0.5) / (1 - 0.5).
    assert float(cohens_kappa(np.array([15.0, 10.0, 5.0, 20.0]))) == pytest.approx(0.4)
    tables = np.array(
        [[5.0, 0.0, 0.0, 5.0], [0.0, 5.0, 5.0, 0.0], [7.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    )
    assert cohens_kappa(tables) == pytest.approx([1.0, -1.0, np.nan, np.nan], nan_ok=True)


def test_a_model_that_agrees_with_people() -> None:
    agreement = measure_agreement(GOLD, by_text(GOLD))
    assert (agreement.posts, agreement.missing, agreement.kappa) == (20, 0, 1.0)
    assert agreement.interval == (1.0, 1.0)
    assert agreement.scores.by_measure["1b strict"].f1 == pytest.approx(1.0, abs=1e-4)


def test_disagreements_and_posts_without_labels() -> None:
    labelled = [
        replace(GOLD[0], spans=(AnnotatedSpan(0, 8),)),
        replace(GOLD[1], label=0, spans=()),
        *GOLD[2:-1],
    ]
    agreement = measure_agreement(GOLD, by_text(labelled))
    assert (agreement.posts, agreement.missing) == (19, 1)
    assert agreement.kappa is not None
    assert agreement.interval is not None
    assert agreement.interval[0] < agreement.kappa < 1
    document = agreement.to_json()
    assert document["scores"]["1b"]["recall"] == pytest.approx(0.5, abs=1e-3)
    assert document["scores"]["1b strict"]["recall"] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("gold", [[], GOLD[2:]])
def test_kappa_is_not_defined_without_both_classes(gold: list[Example]) -> None:
    agreement = measure_agreement(gold, by_text(gold))
    assert agreement.kappa is None
    assert agreement.interval is None
    assert agreement.to_json()["kappa"] is None
