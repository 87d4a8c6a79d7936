"""Candidates and their features, against a search of one name after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import normalize

from models.normalizer import FEATURES, CandidateFinder, LexicalIndex, NameIndex, Names
from models.normalizer.canonical_words import canonical_name
from models.normalizer.concepts import ConceptNames, best_concepts, best_names
from models.terminology import Llt, Terminology

EFFECTS = (
    "Nausea",
    "Headache",
    "Dizziness",
    "Rash",
    "Itching",
    "Vomiting",
    "Insomnia",
    "Cough",
    "Pain",
    "Fever",
)
PLACES = ("head", "eye", "chest", "skin")


def release() -> Terminology:
    pts = {str(100 + number): name for number, name in enumerate(EFFECTS)}
    llts = [
        Llt(f"{code}{place}", f"{name} of the {part}", code, True)
        for code, name in pts.items()
        for place, part in enumerate(PLACES[: int(code) % 4 + 1])
    ]
    return Terminology(pts, tuple(llts))


NAMES = Names.of_terminology(release())
VECTORS = normalize(torch.randn(len(NAMES), 16, generator=torch.Generator().manual_seed(1)), dim=-1)
SPANS = ["rash on my skin", "nausea", "coughh", "", "no idea", "pain of the eye"] * 15
QUERIES = normalize(torch.randn(len(SPANS), 16, generator=torch.Generator().manual_seed(2)), dim=-1)


@pytest.fixture(autouse=True)
def _exact_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.normalizer.dense.prefers_bfloat16", lambda device: False)


def finder(classes: list[int] | None = None) -> CandidateFinder:
    return CandidateFinder(NameIndex(NAMES, VECTORS), torch.device("cpu"), classes or [])


def test_each_feature_of_names_is_the_best_of_the_concepts_names() -> None:
    table = finder().find(SPANS, QUERIES)
    dense = (QUERIES @ VECTORS.T).numpy()
    index = LexicalIndex([canonical_name(name) for name in NAMES.names])
    lexical = index.cosines([canonical_name(span) for span in SPANS])
    checked = 0
    for row, concepts in enumerate(table.concepts):
        for column, concept in enumerate(concepts):
            values = dict(zip(FEATURES, table.values[row, column].tolist(), strict=True))
            if concept < 0:
                assert not any(values.values())
                continue
            own = NAMES.owners == concept
            assert values["dense"] == pytest.approx(dense[row, own].max(), abs=1e-5)
            assert values["lexical"] == pytest.approx(lexical[row, own].max(), abs=1e-5)
            checked += 1
    assert checked > 500


def test_no_candidate_is_there_twice_and_the_best_are_there() -> None:
    table = finder().find(SPANS, QUERIES)
    best = NAMES.owners[(QUERIES @ VECTORS.T).argmax(1).numpy()]
    first = FEATURES.index("dense_first")
    for row, concepts in enumerate(table.concepts):
        found = concepts[concepts >= 0].tolist()
        assert len(found) == len(set(found))
        assert best[row] in found
        assert [c for c, values in zip(concepts, table.values[row], strict=True) if values[first]] == [
            best[row]
        ]


def test_the_same_words_are_exact() -> None:
    table = finder().find(["skin rash", "rash of the skin!"], QUERIES[:2])
    exact = table.values[..., FEATURES.index("exact")]
    assert [
        [EFFECTS[c] for c in row[flags == 1]] for row, flags in zip(table.concepts, exact, strict=True)
    ] == [
        ["Rash"],
        ["Rash"],
    ]


def test_the_classifier_brings_its_own_candidates_and_says_where_it_has_learnt_nothing() -> None:
    # Two classes are of one concept by now, and one of none.
    logits = torch.tensor([[5.0, 4.0, 3.0, 9.0]]).log_softmax(-1)
    table = finder([7, 2, 2, -1]).find(["xyz"], QUERIES[:1], logits)
    by_concept = {
        int(concept): dict(zip(FEATURES, values.tolist(), strict=True))
        for concept, values in zip(table.concepts[0], table.values[0], strict=True)
        if concept >= 0
    }
    assert {concept for concept, values in by_concept.items() if values["classified"]} == {2, 7}
    shares = logits[0].exp()
    assert by_concept[7]["log_class"] == pytest.approx(1 + float(shares[0].log()) / 12, abs=1e-5)
    assert by_concept[2]["log_class"] == pytest.approx(
        1 + float((shares[1] + shares[2]).log()) / 12, abs=1e-5
    )
    assert [concept for concept, values in by_concept.items() if values["class_first"]] == [7]
    assert all(values["log_class"] == 0 for concept, values in by_concept.items() if concept not in (2, 7))


def test_company_changes_nothing() -> None:
    together = finder().find(SPANS, QUERIES)
    for row in (0, 3, 64, len(SPANS) - 1):
        alone = finder().find(SPANS[row : row + 1], QUERIES[row : row + 1])
        np.testing.assert_array_equal(alone.concepts[0], together.concepts[row])
        np.testing.assert_allclose(alone.values[0], together.values[row], atol=1e-5)


def test_no_spans_have_no_candidates() -> None:
    table = finder().find([], torch.zeros(0, 16))
    assert len(table.concepts) == len(table.values) == 0


@given(
    st.lists(st.lists(st.integers(0, 6), min_size=7, max_size=7), min_size=1, max_size=4), st.integers(1, 4)
)
def test_the_concepts_of_the_best_names_are_found(rows: list[list[int]], count: int) -> None:
    cosines = np.array(rows, dtype=np.float32) + np.linspace(0, 0.5, 7, dtype=np.float32)
    owners = np.array([0, 0, 1, 2, 2, 2, 3])
    for row, found in zip(cosines, best_concepts(torch.from_numpy(cosines), owners, count), strict=True):
        ranked = list(dict.fromkeys(owners[np.argsort(-row)].tolist()))
        assert [concept for concept in found.tolist() if concept >= 0] == ranked[:count]


@pytest.mark.parametrize("names", [5, 32, 1_055, 1_056, 2_000])
@pytest.mark.parametrize("names_first", [False, True])
def test_the_best_names_are_those_of_a_search_of_all(names: int, names_first: bool) -> None:
    cosines = torch.rand(7, names, generator=torch.Generator().manual_seed(3))
    own = cosines.T.contiguous().T if names_first else cosines
    expected = cosines.topk(min(32, names)).indices
    assert torch.equal(best_names(own, 32), expected)


@given(st.lists(st.lists(st.integers(-1, len(EFFECTS) - 1), min_size=3, max_size=3), min_size=1, max_size=3))
def test_names_are_gathered_by_cell(rows: list[list[int]]) -> None:
    concepts = np.array(rows)
    cosines = torch.rand(len(rows), len(NAMES), generator=torch.Generator().manual_seed(1))
    pairs = ConceptNames(concepts, NAMES)
    best = pairs.best(cosines)
    chosen = pairs.first_with(best, cosines)
    assert pairs.cells[chosen].tolist() == np.flatnonzero(concepts.ravel() >= 0).tolist()
    for row, column in np.ndindex(*concepts.shape):
        own = NAMES.owners == concepts[row, column]
        assert best[row, column] == (cosines[row, own].max() if own.any() else 0)
    for pair in chosen:
        assert cosines[pairs.rows[pair], pairs.names[pair]] == best.ravel()[pairs.cells[pair]]
