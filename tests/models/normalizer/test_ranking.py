"""The three Normalizers on the tiny bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.bundle import Bundle, load_bundle
from models.normalizer import ClassifierNormalizer, Labels, SpanInText, concepts_of_classes
from models.options import NormalizerChoice
from models.scoring.assembly import make_normalizer
from models.terminology import Llt, Terminology
from tests.padding import pad
from tests.tiny import EFFECTS, LABELS, Trained, write_checkpoint
from tests.tiny_retrieval import dictionary_of, reader_of, save_tiny_hybrid, train_tiny_retriever

CPU = torch.device("cpu")
SPANS = [SpanInText(effect, f"so {effect}") for effect in EFFECTS]

# Headache has become an LLT of Nausea, Insomnia is gone; Dry mouth was never learnt.
RELEASE = Terminology(
    {"90000001": "Nausea", "90000004": "Dizziness", "5": "Dry mouth"},
    (Llt("90000002", "Headache", "90000001", True), Llt("51", "Mouth is dry", "5", True)),
    version="99.0",
)


@pytest.fixture(scope="module")
def with_retriever(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_tiny_retriever(write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "encoder"))


@pytest.fixture(scope="module")
def bundle(with_retriever: Trained, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(save_tiny_hybrid(tmp_path_factory.mktemp("bundle") / "b", with_retriever))


@pytest.fixture(scope="module")
def released(with_retriever: Trained, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(save_tiny_hybrid(tmp_path_factory.mktemp("bundle") / "r", with_retriever, RELEASE))


@pytest.mark.parametrize("choice", ["classifier", "retrieval", "hybrid"])
def test_each_ranks_probabilities_in_falling_order(bundle: Bundle, choice: NormalizerChoice) -> None:
    normalizer = make_normalizer(bundle, CPU, bundle.config.with_normalizer(choice, bundle.path))
    rankings = normalizer.rank([*SPANS, SpanInText("", ""), SpanInText("🤢" * 9, "頭痛")])
    assert len(rankings) == len(SPANS) + 2
    for ranking in rankings:
        scores = [candidate.score for candidate in ranking]
        assert 1 <= len(scores) <= normalizer.best
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert sum(scores) <= 1 + 1e-6
        assert len({candidate.ptid for candidate in ranking}) == len(ranking)
    assert normalizer.rank([]) == []


def test_the_classifier_gives_what_the_network_says(trained: Trained) -> None:
    reader = reader_of(trained)
    [ranking] = ClassifierNormalizer(reader, LABELS.classes).rank(SPANS[:1])
    batch = pad(reader.tokenizer.encode([SPANS[0].span]))
    with torch.inference_mode():
        states = trained.network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
        logits = trained.network.normalize(states, batch.attention_mask, batch.span_mask)
    expected = logits[0].softmax(-1)
    assert {one.ptid: one.score for one in ranking} == pytest.approx(
        {label.ptid: float(chance) for label, chance in zip(LABELS.classes, expected, strict=True)}, abs=1e-5
    )


def test_with_a_release_classes_are_lifted_taken_together_and_left_out(
    with_retriever: Trained, released: Bundle
) -> None:
    plain = ClassifierNormalizer(reader_of(with_retriever), LABELS.classes).rank(SPANS)
    lifted = make_normalizer(released, CPU, released.config.with_normalizer("classifier", released.path)).rank(SPANS)
    for before, after in zip(plain, lifted, strict=True):
        old = {one.ptid: one.score for one in before}
        new = {one.ptid: one.score for one in after}
        assert new.keys() == {"90000001", "90000004"}
        assert new["90000001"] == pytest.approx(old["90000001"] + old["90000002"], abs=0.01)


@pytest.mark.parametrize("choice", ["retrieval", "hybrid"])
def test_names_that_were_never_learnt_are_within_reach(released: Bundle, choice: NormalizerChoice) -> None:
    normalizer = make_normalizer(released, CPU, released.config.with_normalizer(choice, released.path))
    [[best, *_], [lifted, *_]] = normalizer.rank(
        [SpanInText("my mouth is so dry", ""), SpanInText("headache", "")]
    )
    assert (best.ptid, best.pt_name) == ("5", "Dry mouth")
    assert (lifted.ptid, lifted.pt_name) == ("90000001", "Nausea")


def test_the_hybrid_believes_the_classifier_where_names_say_little(bundle: Bundle) -> None:
    span = SpanInText("can't sleep", "can't sleep")
    scores = {}
    for choice in ("retrieval", "hybrid"):
        ranking = make_normalizer(bundle, CPU, bundle.config.with_normalizer(choice, bundle.path)).rank([span])[0]
        scores[choice] = {one.ptid: one.score for one in ranking}
    assert scores["hybrid"]["90000003"] > scores["retrieval"]["90000003"]
    assert max(scores["hybrid"], key=scores["hybrid"].__getitem__) == "90000003"


def test_a_bundle_without_labels_searches_the_release(tmp_path: Path) -> None:
    """Nothing was coded in its training, but its names are there."""
    checkpoint = write_checkpoint(tmp_path / "encoder")
    trained = train_tiny_retriever(checkpoint)
    from models.network.multitask import MultiTaskNetwork

    network = MultiTaskNetwork(trained.encoder.model, frozen_layers=1, ptids=0, retriever_layers=1).eval()
    bare = Trained(network, trained.encoder)
    folder = save_tiny_hybrid(
        tmp_path / "b", bare, RELEASE, labels=Labels(()), dictionary=dictionary_of(bare, RELEASE)
    )
    loaded = load_bundle(folder)
    [[best, *_]] = make_normalizer(loaded, CPU).rank([SpanInText("dry mouth", "")])
    assert best.ptid == "5"
    assert make_normalizer(loaded, CPU, loaded.config.with_normalizer("classifier", loaded.path)).rank(SPANS[:1]) == [[]]


def test_classes_know_their_places() -> None:
    concepts = Labels.of([("1", "One"), ("2", "Two")]).classes
    assert concepts_of_classes([concepts[1], None, concepts[0], LABELS[0]], concepts) == [1, -1, 0, -1]
