"""The quality of a fusion, and the threshold of a code."""

import numpy as np
import pytest

from models.normalizer import FEATURES, CandidateTable, Fusion
from training.retrieval.fusion_evaluation import LabeledCandidates, best_threshold, measure_fusion


def test_quality_agrees_with_a_count_by_hand() -> None:
    values = np.zeros((3, 2, len(FEATURES)), dtype=np.float32)
    values[:, 0, FEATURES.index("dense")] = 1
    concepts = np.array([[0, 1], [0, 1], [0, 1]])
    quality = measure_fusion(
        [LabeledCandidates(CandidateTable(concepts, values), np.array([0, 1, -1]))],
        Fusion(weights={"dense": np.log(2)}, nothing=0.0),
    )
    # Shares 2 : 1 : 1 of the two candidates and "none of them".
    assert quality.loss == pytest.approx(-(np.log(0.5) + 2 * np.log(0.25)) / 3)
    assert (quality.at_1, quality.at_5) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert quality.error == pytest.approx(0.5 - 1 / 3)


def test_the_threshold_excludes_codes_that_are_mostly_wrong() -> None:
    values = np.zeros((100, 1, len(FEATURES)), dtype=np.float32)
    values[:60, 0, FEATURES.index("dense")] = 1
    concepts = np.zeros((100, 1), dtype=np.int64)
    right = np.where(np.arange(100) < 60, 0, -1)
    fusion = Fusion(weights={"dense": 4.0}, nothing=2.0)
    threshold = best_threshold([LabeledCandidates(CandidateTable(concepts, values), right)], fusion)
    assert 0.2 < threshold <= 1 / (1 + np.exp(-2.0)) + 1e-9
