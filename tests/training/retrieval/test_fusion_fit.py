"""Fitting the weights of retrieval and hybrid by likelihood, over the labels and over a release."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import Dictionary, searched_names
from models.encoder import TweetTokenizer, load_encoder
from models.network import MultiTaskNetwork
from models.normalizer import BY_HAND, FEATURES, CandidateTable, Labels, NameIndex, SpanReader
from models.runtime import Engine
from models.terminology import Terminology
from training.examples import CodedPhrase
from training.retrieval.fusion_evaluation import LabeledCandidates, measure_fusion
from training.retrieval.fusion_fit import CLASSIFIER_FEATURES, find_candidates, fit_fusion, fit_fusions

START = BY_HAND["hybrid"]


def random_candidates(seed: int, phrases: int = 300, width: int = 6) -> LabeledCandidates:
    """Return phrases whose PT mostly has the highest `dense`, while `lexical` is noise."""
    generator = np.random.default_rng(seed)
    values = np.zeros((phrases, width, len(FEATURES)), dtype=np.float32)
    dense, lexical = FEATURES.index("dense"), FEATURES.index("lexical")
    values[..., dense] = generator.uniform(0, 0.6, (phrases, width))
    values[..., lexical] = generator.uniform(0, 1, (phrases, width))
    concepts = np.tile(np.arange(width), (phrases, 1))
    right = generator.integers(0, width, phrases)
    values[np.arange(phrases), right, dense] += generator.uniform(0, 0.7, phrases).astype(np.float32)
    right[: phrases // 10] = -1  # PTs that the dictionary does not have
    return LabeledCandidates(CandidateTable(concepts, values), right.astype(np.int64))


def test_fitted_weights_are_better_on_other_phrases_too() -> None:
    fitted = fit_fusion([random_candidates(1)], START, classes=True)
    assert fitted.fusion.weights["dense"] > 5 * fitted.fusion.weights["lexical"]
    assert fitted.after.loss < fitted.before.loss
    unseen = [random_candidates(2)]
    assert measure_fusion(unseen, fitted.fusion).loss < measure_fusion(unseen, START).loss
    assert measure_fusion(unseen, fitted.fusion).error < 0.1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1_000))
def test_only_the_weight_of_being_a_class_can_be_negative(seed: int) -> None:
    generator = np.random.default_rng(seed)
    table = CandidateTable(
        generator.integers(-1, 5, (20, 4)),
        generator.uniform(0, 1, (20, 4, len(FEATURES))).astype(np.float32),
    )
    fusion = fit_fusion([LabeledCandidates(table, generator.integers(-1, 5, 20))], START, classes=True).fusion
    assert all(weight >= 0 for name, weight in fusion.weights.items() if name != "classified")


def test_retrieval_does_not_use_features_of_the_classifier() -> None:
    fusion = fit_fusion([random_candidates(1)], BY_HAND["retrieval"], classes=False).fusion
    assert not set(fusion.weights) & set(CLASSIFIER_FEATURES)


def test_few_phrases_leave_the_weights_near_those_set_by_hand() -> None:
    few = fit_fusion([random_candidates(3, phrases=2)], START, classes=True).fusion
    many = fit_fusion([random_candidates(3, phrases=2_000)], START, classes=True).fusion
    moved = [np.linalg.norm(fusion.vector() - START.vector()) for fusion in (few, many)]
    assert 2 * moved[0] < moved[1]


def test_phrases_count_once_per_dictionary() -> None:
    fitted = fit_fusion([random_candidates(1), random_candidates(2, phrases=50)], START, classes=True)
    assert fitted.phrases == 350
    empty = LabeledCandidates(
        CandidateTable(np.zeros((0, 0), np.int64), np.zeros((0, 0, 9), np.float32)), np.zeros(0)
    )
    with pytest.raises(ValueError, match="no phrases"):
        fit_fusion([empty], START, classes=True)


@pytest.fixture
def reader(network: MultiTaskNetwork, tokenizer: TweetTokenizer) -> SpanReader:
    return SpanReader(Engine(network), tokenizer)


def dictionary(reader: SpanReader, labels: Labels, release: Terminology | None) -> Dictionary:
    names = searched_names(labels, release)
    return Dictionary(NameIndex(names, reader.name_vectors(names.names)), release)


def test_phrases_whose_pt_is_not_a_label_have_no_right_candidate(
    reader: SpanReader, labels: Labels, release: Terminology, phrases: list[CodedPhrase]
) -> None:
    both = [dictionary(reader, labels, names) for names in (None, release)]
    by_labels, by_release = find_candidates(reader, labels, both, phrases)["hybrid"]
    known = np.array([phrase.ptid in {label.ptid for label in labels.classes} for phrase in phrases])
    assert ((by_labels.concepts >= 0) == known).all()
    assert (by_release.concepts >= 0).all()
    assert (by_labels.columns[~known] == by_labels.table.concepts.shape[1]).all()


def test_codes_of_llts_are_lifted(reader: SpanReader, labels: Labels, release: Terminology) -> None:
    llt = next(llt for llt in release.llts if llt.code != llt.ptid)
    searched = dictionary(reader, labels, release)
    [candidates] = find_candidates(reader, labels, [searched], [CodedPhrase("x", llt.code)])["retrieval"]
    concepts = searched_names(labels, release).concepts
    assert concepts[candidates.concepts[0]].ptid == llt.ptid


def test_fitting_both_fusions_is_reproducible(
    reader: SpanReader, labels: Labels, release: Terminology, phrases: list[CodedPhrase]
) -> None:
    both = [dictionary(reader, labels, names) for names in (None, release)]
    fitted = fit_fusions(reader, labels, both, phrases)
    assert fitted.fits is not None
    for name in ("retrieval", "hybrid"):
        assert 2 * len(phrases) < fitted.fits[name].phrases < 4 * len(phrases)
        assert fitted.fits[name].after.loss <= fitted.fits[name].before.loss
        assert 0 <= fitted.fusions[name].threshold <= 1
    assert not set(fitted.fusions["retrieval"].weights) & set(CLASSIFIER_FEATURES)
    assert fit_fusions(reader, labels, both, phrases).to_json() == fitted.to_json()


def test_without_phrases_the_weights_set_by_hand_are_used(
    reader: SpanReader, labels: Labels, release: Terminology
) -> None:
    fitted = fit_fusions(reader, labels, [dictionary(reader, labels, release)], [])
    assert fitted.fusions == dict(BY_HAND)
    assert (fitted.fits, fitted.to_json()) == (None, {})


def test_without_classes_hybrid_equals_retrieval(
    tiny_encoder: Path, tokenizer: TweetTokenizer, release: Terminology, phrases: list[CodedPhrase]
) -> None:
    encoder = load_encoder(str(tiny_encoder))
    network = MultiTaskNetwork(encoder.model, frozen_layers=1, ptids=0, retriever_layers=1).eval()
    reader = SpanReader(Engine(network), tokenizer)
    candidates = find_candidates(reader, Labels(()), [dictionary(reader, Labels(()), release)], phrases)
    assert np.array_equal(candidates["hybrid"][0].table.values, candidates["retrieval"][0].table.values)
