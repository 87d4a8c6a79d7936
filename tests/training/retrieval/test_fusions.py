"""Fusions of a network, over the labels and over a release."""

from pathlib import Path

import numpy as np
import pytest

from models.bundle import Dictionary, searched_names
from models.encoder import TweetTokenizer, load_encoder
from models.network import MultiTaskNetwork
from models.normalizer import BY_HAND, Labels, NameIndex, SpanReader
from models.runtime import Engine
from models.terminology import Terminology
from training.examples import CodedPhrase
from training.retrieval.fusion_fit import CLASSIFIER_FEATURES, find_candidates, fit_fusions


@pytest.fixture
def reader(network: MultiTaskNetwork, tokenizer: TweetTokenizer) -> SpanReader:
    return SpanReader(Engine(network), tokenizer)


def dictionary(reader: SpanReader, labels: Labels, release: Terminology | None) -> Dictionary:
    names = searched_names(labels, release)
    return Dictionary(NameIndex(names, reader.name_vectors(names.names)), release)


def test_a_phrase_whose_pt_is_in_no_label_teaches_when_to_say_nothing(
    reader: SpanReader, labels: Labels, release: Terminology, phrases: list[CodedPhrase]
) -> None:
    both = [dictionary(reader, labels, one) for one in (None, release)]
    by_labels, by_release = find_candidates(reader, labels, both, phrases)["hybrid"]
    known = np.array([phrase.ptid in {label.ptid for label in labels.classes} for phrase in phrases])
    assert ((by_labels.concepts >= 0) == known).all()
    assert (by_release.concepts >= 0).all()
    assert (by_labels.columns[~known] == by_labels.table.concepts.shape[1]).all()


def test_codes_of_llts_are_lifted(reader: SpanReader, labels: Labels, release: Terminology) -> None:
    llt = next(llt for llt in release.llts if llt.code != llt.ptid)
    searched = dictionary(reader, labels, release)
    [answered] = find_candidates(reader, labels, [searched], [CodedPhrase("x", llt.code)])["retrieval"]
    concepts = searched_names(labels, release).concepts
    assert concepts[answered.concepts[0]].ptid == llt.ptid


def test_both_fusions_are_fitted_the_same_way_each_time(
    reader: SpanReader, labels: Labels, release: Terminology, phrases: list[CodedPhrase]
) -> None:
    both = [dictionary(reader, labels, one) for one in (None, release)]
    fitted = fit_fusions(reader, labels, both, phrases)
    assert fitted.fits is not None
    for name in ("retrieval", "hybrid"):
        assert 2 * len(phrases) < fitted.fits[name].phrases < 4 * len(phrases)
        assert fitted.fits[name].after.loss <= fitted.fits[name].before.loss
        assert 0 <= fitted.fusions[name].threshold <= 1
    assert not set(fitted.fusions["retrieval"].weights) & set(CLASSIFIER_FEATURES)
    assert fit_fusions(reader, labels, both, phrases).to_json() == fitted.to_json()


def test_without_phrases_the_weights_set_by_hand_serve(
    reader: SpanReader, labels: Labels, release: Terminology
) -> None:
    fitted = fit_fusions(reader, labels, [dictionary(reader, labels, release)], [])
    assert fitted.fusions == dict(BY_HAND)
    assert (fitted.fits, fitted.to_json()) == (None, {})


def test_without_classes_a_hybrid_is_retrieval(
    tiny_encoder: Path, tokenizer: TweetTokenizer, release: Terminology, phrases: list[CodedPhrase]
) -> None:
    encoder = load_encoder(str(tiny_encoder))
    network = MultiTaskNetwork(encoder.model, frozen_layers=1, ptids=0, retriever_layers=1).eval()
    reader = SpanReader(Engine(network), tokenizer)
    found = find_candidates(reader, Labels(()), [dictionary(reader, Labels(()), release)], phrases)
    assert np.array_equal(found["hybrid"][0].table.values, found["retrieval"][0].table.values)
