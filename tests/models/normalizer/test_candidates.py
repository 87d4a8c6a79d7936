"""Candidates and their features, against a search of one name after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from models.normalizer import FEATURES, CandidateFinder, Labels, LexicalIndex, NameIndex, Names
from models.normalizer.candidates import CLASSES, DENSE, LEXICAL
from models.normalizer.canonical_words import canonical_name
from tests.models.normalizer.small_dictionary import EFFECTS, NAMES, VECTORS

CPU = torch.device("cpu")
SPANS = ["rash on my skin", "nausea", "coughh", "", "no idea", "pain of the eye"] * 15
QUERIES = normalize(torch.randn(len(SPANS), 16, generator=torch.Generator().manual_seed(2)), dim=-1)


@pytest.fixture(autouse=True)
def _exact_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.normalizer.dense.prefers_bfloat16", lambda device: False)


def finder(classes: list[int] | None = None) -> CandidateFinder:
    return CandidateFinder(NameIndex(NAMES, VECTORS), CPU, classes or [])


def test_each_feature_of_a_name_is_the_best_over_the_names_of_its_concept() -> None:
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
            names = NAMES.owners == concept
            assert values["dense"] == pytest.approx(dense[row, names].max(), abs=1e-5)
            assert values["lexical"] == pytest.approx(lexical[row, names].max(), abs=1e-5)
            checked += 1
    assert checked > 500


def test_candidates_are_distinct_and_include_the_best() -> None:
    table = finder().find(SPANS, QUERIES)
    best = NAMES.owners[(QUERIES @ VECTORS.T).argmax(1).numpy()]
    first = FEATURES.index("dense_first")
    for row, concepts in enumerate(table.concepts):
        candidates = concepts[concepts >= 0].tolist()
        assert len(candidates) == len(set(candidates))
        assert best[row] in candidates
        assert [c for c, values in zip(concepts, table.values[row], strict=True) if values[first]] == [
            best[row]
        ]


def test_candidates_are_the_best_by_vectors_by_letters_and_by_class() -> None:
    """A dictionary so large that each kind of search finds candidates that the others do not find."""
    generator = np.random.default_rng(5)
    syllables = ["ra", "to", "mi", "ne", "lu", "so", "ka", "pe", "di", "fo"]
    words = list(dict.fromkeys("".join(row) for row in generator.choice(syllables, (500, 4))))
    names = Names.of_labels(Labels.of((str(number), word) for number, word in enumerate(words)))
    vectors = normalize(torch.randn(len(names), 16, generator=torch.Generator().manual_seed(6)), dim=-1)
    classes = generator.permutation(len(names))[:50]
    log_classes = torch.randn(1, 50, generator=torch.Generator().manual_seed(7)).log_softmax(-1)
    table = CandidateFinder(NameIndex(names, vectors), CPU, classes.tolist()).find(
        ["toneraso"], vectors[:1], log_classes
    )
    lexical = LexicalIndex([canonical_name(word) for word in words]).cosines([canonical_name("toneraso")])
    assert (DENSE, LEXICAL, CLASSES) == (16, 16, 8)  # as docs/normalizer.md states
    by_vector = set((vectors[:1] @ vectors.T)[0].topk(DENSE).indices.tolist())
    by_letters = set(torch.from_numpy(lexical[0]).topk(LEXICAL).indices.tolist())
    by_class = set(classes[log_classes[0].topk(CLASSES).indices.numpy()].tolist())
    assert not by_class <= by_vector | by_letters
    assert {int(concept) for concept in table.concepts[0] if concept >= 0} == (
        by_vector | by_letters | by_class
    )


def test_a_name_with_the_same_words_is_exact() -> None:
    table = finder().find(["skin rash", "rash of the skin!"], QUERIES[:2])
    exact = table.values[..., FEATURES.index("exact")]
    assert [
        [EFFECTS[c] for c in row[flags == 1]] for row, flags in zip(table.concepts, exact, strict=True)
    ] == [["Rash"], ["Rash"]]


def test_a_span_that_shares_no_letters_with_any_name_has_no_lexical_features() -> None:
    table = finder().find(["頭痛"], QUERIES[:1])
    for feature in ("lexical", "lexical_first", "fuzzy", "exact"):
        assert not table.values[..., FEATURES.index(feature)].any()
    assert table.values[..., FEATURES.index("dense_first")].sum() == 1


def test_the_classifier_adds_features_for_the_concepts_it_has_learned() -> None:
    # Two classes have become one concept, and one class has none.
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


def test_other_spans_do_not_change_the_candidates_of_a_span() -> None:
    together = finder().find(SPANS, QUERIES)
    for row in (0, 3, 63, 64, len(SPANS) - 1):
        alone = finder().find(SPANS[row : row + 1], QUERIES[row : row + 1])
        np.testing.assert_array_equal(alone.concepts[0], together.concepts[row])
        np.testing.assert_allclose(alone.values[0], together.values[row], atol=1e-5)


def test_classes_are_taken_from_the_rows_of_their_spans() -> None:
    """More spans than are searched at a time."""
    likeliest = torch.arange(len(SPANS)) % 2
    log_classes = torch.nn.functional.one_hot(likeliest, 2).float().mul(5).log_softmax(-1)
    table = finder([3, 8]).find(SPANS, QUERIES, log_classes)
    first = table.values[..., FEATURES.index("class_first")]
    assert table.concepts[first == 1].tolist() == [3 if row % 2 == 0 else 8 for row in range(len(SPANS))]


def test_no_spans_have_no_candidates() -> None:
    table = finder().find([], torch.zeros(0, 16))
    assert table.concepts.shape == (0, 0)
    assert table.values.shape == (0, 0, len(FEATURES))
