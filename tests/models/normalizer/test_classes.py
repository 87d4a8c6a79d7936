"""The classifier's classes as concepts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.normalizer import Labels, concepts_of_classes
from models.normalizer.classes import ClassConcepts


def test_each_class_has_the_index_of_its_concept() -> None:
    concepts = Labels.of([("1", "One"), ("2", "Two")]).classes
    [unknown] = Labels.of([("9", "Nine")]).classes
    assert concepts_of_classes([concepts[1], None, concepts[0], unknown], concepts) == [1, -1, 0, -1]


def test_classes_of_one_concept_are_added_up_and_those_without_one_left_out() -> None:
    classes = ClassConcepts([7, 2, -1, 2])
    assert (classes.concepts.tolist(), len(classes)) == ([2, 7], 2)
    probabilities = torch.tensor([[0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_allclose(
        np.exp(classes.log_probabilities(probabilities.log())), [[0.6, 0.1]], rtol=1e-5
    )


def test_log_probabilities_have_a_floor_at_which_a_class_counts_as_absent() -> None:
    classes = ClassConcepts([0, 1])
    values = classes.log_probabilities(torch.tensor([[-40.0, -13.0]]))
    assert values.tolist() == [[-12.0, -12.0]]
    features = classes.features(values, np.array([[0, 1]]))
    assert features["classified"].tolist() == [[1, 1]]
    assert features["log_class"].tolist() == [[0, 0]]
    assert features["class_first"].tolist() == [[0, 0]]


def test_candidates_without_a_class_have_no_features() -> None:
    classes = ClassConcepts([3, 5])
    features = classes.features(np.array([[-3.0, -6.0]], np.float32), np.array([[-1, 3, 4, 5, 9]]))
    assert features["classified"].tolist() == [[0, 1, 0, 1, 0]]
    assert features["log_class"].tolist() == [[0, pytest.approx(0.75), 0, pytest.approx(0.5), 0]]
    assert features["class_first"].tolist() == [[0, 1, 0, 0, 0]]
