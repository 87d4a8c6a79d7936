"""From the best names to their concepts, and back to the names."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.normalizer.concepts import ConceptNames, best_concepts, best_names
from tests.models.normalizer.small_dictionary import EFFECTS, NAMES


@given(
    st.lists(st.lists(st.integers(0, 6), min_size=7, max_size=7), min_size=1, max_size=4), st.integers(1, 4)
)
def test_the_best_concepts_are_those_of_the_best_names(rows: list[list[int]], count: int) -> None:
    cosines = np.array(rows, dtype=np.float32) + np.linspace(0, 0.5, 7, dtype=np.float32)
    owners = np.array([0, 0, 1, 2, 2, 2, 3])
    for row, concepts in zip(cosines, best_concepts(torch.from_numpy(cosines), owners, count), strict=True):
        ranked = list(dict.fromkeys(owners[np.argsort(-row)].tolist()))
        assert [concept for concept in concepts.tolist() if concept != -1] == ranked[:count]


@pytest.mark.parametrize("names", [5, 32, 1_055, 1_056, 2_000])
@pytest.mark.parametrize("names_first", [False, True])
def test_the_best_names_are_those_of_a_search_of_all(names: int, names_first: bool) -> None:
    cosines = torch.rand(7, names, generator=torch.Generator().manual_seed(3))
    strided = cosines.T.contiguous().T if names_first else cosines
    assert torch.equal(best_names(strided, 32), cosines.topk(min(32, names)).indices)


@given(st.lists(st.lists(st.integers(-1, len(EFFECTS) - 1), min_size=3, max_size=3), min_size=1, max_size=3))
def test_scores_of_names_are_gathered_by_cell(rows: list[list[int]]) -> None:
    concepts = np.array(rows)
    cosines = torch.rand(len(rows), len(NAMES), generator=torch.Generator().manual_seed(1))
    pairs = ConceptNames(concepts, NAMES)
    best = pairs.best(cosines)
    chosen = pairs.first_with(best, cosines)
    assert pairs.cells[chosen].tolist() == np.flatnonzero(concepts.ravel() >= 0).tolist()
    for row, column in np.ndindex(*concepts.shape):
        names = NAMES.owners == concepts[row, column]
        assert best[row, column] == (cosines[row, names].max() if names.any() else 0)
    for pair in chosen:
        assert cosines[pairs.rows[pair], pairs.names[pair]] == best.ravel()[pairs.cells[pair]]


def test_of_names_with_the_same_score_the_first_is_chosen() -> None:
    pairs = ConceptNames(np.array([[1]]), NAMES)
    cosines = torch.zeros(1, len(NAMES))
    [chosen] = pairs.first_with(pairs.best(cosines), cosines)
    assert pairs.names[chosen] == NAMES.starts[1]
