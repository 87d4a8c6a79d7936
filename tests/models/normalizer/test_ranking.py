"""The three Normalizers, with the tiny bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from models.bundle import Bundle, load_bundle
from models.encoder import load_encoder
from models.network import NORMALIZER, MultiTaskNetwork
from models.normalizer import ClassifierNormalizer, Labels, SpanInText, SpanReader
from models.options import NormalizerChoice
from models.scoring import make_normalizer
from models.terminology import Llt, Terminology
from tests.padding import pad
from tests.tiny import EFFECTS, LABELS, Trained, write_checkpoint
from tests.tiny_retrieval import dictionary_of, reader_of, save_tiny_hybrid, trained_retriever_once

CPU = torch.device("cpu")
SPANS = [SpanInText(effect, f"so {effect}") for effect in EFFECTS]

# Headache has become an LLT of Nausea, Insomnia is missing, and no training had Dry mouth.
RELEASE = Terminology(
    {"90000001": "Nausea", "90000004": "Dizziness", "5": "Dry mouth"},
    (Llt("90000002", "Headache", "90000001", True), Llt("51", "Mouth is dry", "5", True)),
    version="99.0",
)


@pytest.fixture(scope="module")
def with_retriever(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained_retriever_once(write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "encoder"))


@pytest.fixture(scope="module")
def bundle(with_retriever: Trained, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(save_tiny_hybrid(tmp_path_factory.mktemp("bundle") / "b", with_retriever))


@pytest.fixture(scope="module")
def released(with_retriever: Trained, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load_bundle(save_tiny_hybrid(tmp_path_factory.mktemp("bundle") / "r", with_retriever, RELEASE))


@pytest.mark.parametrize("choice", ["classifier", "retrieval", "hybrid"])
def test_each_normalizer_ranks_by_descending_probability(bundle: Bundle, choice: NormalizerChoice) -> None:
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


def test_the_classifier_has_the_probabilities_of_the_network(trained: Trained) -> None:
    reader = reader_of(trained)
    [ranking] = ClassifierNormalizer(reader, LABELS.classes).rank(SPANS[:1])
    batch = pad(reader.tokenizer.encode([SPANS[0].span]))
    with torch.inference_mode():
        states = trained.network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
        logits = trained.network.logits(NORMALIZER, states, batch.attention_mask, batch.span_mask)
    expected = logits[0].softmax(-1)
    assert {candidate.ptid: candidate.score for candidate in ranking} == pytest.approx(
        {label.ptid: float(share) for label, share in zip(LABELS.classes, expected, strict=True)}, abs=1e-5
    )


def test_with_a_release_classes_are_lifted_added_up_or_left_out(
    with_retriever: Trained, released: Bundle
) -> None:
    plain = ClassifierNormalizer(reader_of(with_retriever), LABELS.classes).rank(SPANS)
    lifted = make_normalizer(
        released, CPU, released.config.with_normalizer("classifier", released.path)
    ).rank(SPANS)
    for before, after in zip(plain, lifted, strict=True):
        old = {candidate.ptid: candidate.score for candidate in before}
        new = {candidate.ptid: candidate.score for candidate in after}
        assert new.keys() == {"90000001", "90000004"}
        assert new["90000001"] == pytest.approx(old["90000001"] + old["90000002"], abs=0.01)


@pytest.mark.parametrize("choice", ["retrieval", "hybrid"])
def test_pts_that_no_training_had_can_be_found(released: Bundle, choice: NormalizerChoice) -> None:
    normalizer = make_normalizer(released, CPU, released.config.with_normalizer(choice, released.path))
    [[best, *_], [lifted, *_]] = normalizer.rank(
        [SpanInText("my mouth is so dry", ""), SpanInText("headache", "")]
    )
    assert (best.ptid, best.pt_name) == ("5", "Dry mouth")
    assert (lifted.ptid, lifted.pt_name) == ("90000001", "Nausea")


def test_the_hybrid_follows_the_classifier_where_no_name_is_similar(bundle: Bundle) -> None:
    span = SpanInText("can't sleep", "can't sleep")
    scores = {}
    for choice in ("retrieval", "hybrid"):
        ranking = make_normalizer(bundle, CPU, bundle.config.with_normalizer(choice, bundle.path)).rank(
            [span]
        )[0]
        scores[choice] = {candidate.ptid: candidate.score for candidate in ranking}
    assert scores["hybrid"]["90000003"] > scores["retrieval"]["90000003"]
    assert max(scores["hybrid"], key=scores["hybrid"].__getitem__) == "90000003"


def test_a_bundle_without_labels_searches_the_release(tmp_path: Path) -> None:
    """Its training had no codes, but the release has names."""
    encoder = load_encoder(str(write_checkpoint(tmp_path / "encoder")))
    network = MultiTaskNetwork(encoder.model, frozen_layers=1, ptids=0, retriever_layers=1).eval()
    without_labels = Trained(network, encoder)
    folder = save_tiny_hybrid(
        tmp_path / "b",
        without_labels,
        RELEASE,
        labels=Labels(()),
        dictionary=dictionary_of(without_labels, RELEASE),
    )
    loaded = load_bundle(folder)
    [[best, *_]] = make_normalizer(loaded, CPU).rank([SpanInText("dry mouth", "")])
    assert best.ptid == "5"
    assert make_normalizer(loaded, CPU, loaded.config.with_normalizer("classifier", loaded.path)).rank(
        SPANS[:1]
    ) == [[]]


class FixedReader(SpanReader):
    """Returns fixed probabilities of the classes instead of running a network."""

    def __init__(self, probabilities: list[float]) -> None:
        object.__setattr__(self, "probabilities", probabilities)

    def log_classes(self, spans: Sequence[SpanInText]) -> torch.Tensor:
        return torch.tensor([self.probabilities] * len(spans)).log()  # type: ignore[attr-defined]


def test_classes_without_a_pt_do_not_take_the_place_of_others() -> None:
    [first, second, third] = Labels.of([("1", "One"), ("2", "Two"), ("3", "Three")]).classes
    reader = FixedReader([0.4, 0.25, 0.05, 0.2, 0.1])
    [ranking] = ClassifierNormalizer(reader, [None, first, second, third, second], best=2).rank(SPANS[:1])
    assert [(candidate.ptid, candidate.score) for candidate in ranking] == [
        ("1", pytest.approx(0.25)),
        ("3", pytest.approx(0.2)),
    ]
    [ranking] = ClassifierNormalizer(reader, [None, first, third, None, third], best=9).rank(SPANS[:1])
    assert [(candidate.ptid, candidate.score) for candidate in ranking] == [
        ("1", pytest.approx(0.25)),
        ("3", pytest.approx(0.15)),
    ]


def test_the_classifier_returns_only_the_best_candidates() -> None:
    classes = Labels.of([(str(number), "x") for number in range(8)]).classes
    reader = FixedReader([0.05, 0.3, 0.1, 0.25, 0.05, 0.15, 0.06, 0.04])
    [ranking] = ClassifierNormalizer(reader, classes).rank(SPANS[:1])
    assert [candidate.ptid for candidate in ranking] == ["1", "3", "5", "2", "6"]
