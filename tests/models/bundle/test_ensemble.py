"""Several classifiers on one trunk: trained separately, joined in one network, saved and scored as one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from models import BundleError, Pipeline, load_bundle
from models.bundle import Ensemble
from models.encoder import load_encoder
from models.network import Decision, MultiTaskNetwork, Vote
from models.predictions import TweetPrediction
from tests.reference_network import ReferenceNetwork, ReferenceTokenizer
from tests.tiny import (
    FROZEN_LAYERS,
    LABELS,
    MAX_TOKENS,
    NEGATIVE,
    POSITIVE,
    Layout,
    Trained,
    save_tiny,
    train_tiny,
    write_checkpoint,
)

TEXTS = [*POSITIVE, *NEGATIVE]


def join(networks: list[Trained]) -> Trained:
    """Join the classifiers in one network, which has the other heads of the first."""
    first = networks[0]
    network = MultiTaskNetwork(
        first.encoder.model,
        frozen_layers=FROZEN_LAYERS,
        ptids=len(LABELS),
        dropout=0.0,
        classifiers=len(networks),
    )
    network.load_trained_state({**network.trained_state(), **first.network.trained_state()})
    for position, other in enumerate(networks[1:], start=1):
        network.adopt(position, other.network)
    return Trained(network.eval(), first.encoder)


@pytest.fixture(scope="module")
def members(checkpoints: dict[Layout, Path]) -> list[Trained]:
    """Three networks on the same trunk that were trained for different times, and so disagree."""
    return [train_tiny(checkpoints["safetensors"], steps=steps) for steps in (60, 4, 8)]


@pytest.fixture(scope="module")
def ensemble(members: list[Trained], checkpoints: dict[Layout, Path]) -> Trained:
    """The three as one. The first is trained again, since the ensemble takes over its modules."""
    return join([train_tiny(checkpoints["safetensors"], steps=60), *members[1:]])


def votes_of(trained: Trained) -> torch.Tensor:
    reference = ReferenceNetwork(trained.network)
    tokenizer = ReferenceTokenizer(trained.encoder.tokenizer, MAX_TOKENS)
    return torch.stack([reference.votes(tokenizer.text(text)) for text in TEXTS], dim=1)


def predictions(bundle: Path) -> list[TweetPrediction]:
    return Pipeline.from_bundle(bundle, device="cpu").score(TEXTS)


def test_each_classifier_votes_as_its_own_network_does(ensemble: Trained, members: list[Trained]) -> None:
    votes = votes_of(ensemble)
    assert votes.shape == (3, len(TEXTS), 2)
    for vote, member in zip(votes, members, strict=True):
        assert torch.allclose(vote, votes_of(member)[0], atol=1e-5)
    assert not torch.allclose(votes[1], votes[2], atol=1e-2)


def test_further_classifiers_do_not_change_extractor_and_normalizer(
    ensemble: Trained, members: list[Trained]
) -> None:
    joined, first = ensemble.network.trained_state(), members[0].network.trained_state()
    assert all(torch.equal(joined[name], tensor) for name, tensor in first.items())
    assert {name.split(".")[0] for name in joined.keys() - first.keys()} == {"members"}


def test_an_adopted_classifier_is_a_copy(checkpoints: dict[Layout, Path]) -> None:
    first, second = (train_tiny(checkpoints["safetensors"], steps=n) for n in (2, 3))
    ensemble = join([first, second])
    before = votes_of(ensemble)
    with torch.no_grad():
        for parameter in second.network.shared.parameters():
            parameter.zero_()
    assert torch.equal(votes_of(ensemble), before)


@pytest.mark.parametrize("position", [-1, 0, 3])
def test_only_the_positions_of_further_classifiers_can_be_filled(ensemble: Trained, position: int) -> None:
    with pytest.raises(ValueError, match=f"position is {position}"):
        ensemble.network.adopt(position, ensemble.network)


def test_a_classifier_on_another_trunk_is_refused(
    ensemble: Trained, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    other = load_encoder(str(write_checkpoint(tmp_path / "other", seed=1))).model
    same = load_encoder(str(checkpoints["safetensors"])).model
    for encoder, frozen in ((other, FROZEN_LAYERS), (same, FROZEN_LAYERS + 1)):
        foreign = MultiTaskNetwork(encoder, frozen_layers=frozen, ptids=2)
        with pytest.raises(ValueError, match="another trunk"):
            ensemble.network.adopt(1, foreign)


def test_a_network_has_at_least_one_classifier(checkpoints: dict[Layout, Path]) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"])).model
    with pytest.raises(ValueError, match="classifiers is 0"):
        MultiTaskNetwork(encoder, frozen_layers=1, ptids=2, classifiers=0)


@pytest.mark.parametrize("vote", ["majority", "mean"])
def test_an_ensemble_is_saved_and_loaded(ensemble: Trained, tmp_path: Path, vote: Vote) -> None:
    folder = save_tiny(tmp_path / "b", ensemble, vote=vote)
    bundle = load_bundle(folder)
    assert bundle.config.ensemble == Ensemble(classifiers=3, vote=vote)
    assert bundle.network.classifiers == 3
    expected = Decision(vote).probability(votes_of(ensemble)).tolist()
    scored = predictions(folder)
    # The bundle stores half precision.
    assert [prediction.probability for prediction in scored] == pytest.approx(expected, abs=0.02)
    assert {prediction.label for prediction in scored if prediction.probability < 0.5} == {"NoADE"}


def test_the_vote_of_a_single_classifier_is_ignored(trained: Trained, tmp_path: Path) -> None:
    plain = load_bundle(save_tiny(tmp_path / "plain", trained))
    with_vote = load_bundle(save_tiny(tmp_path / "with-vote", trained, vote="mean"))
    assert plain.config.ensemble is None
    assert plain.version == with_vote.version


def test_an_ensemble_has_format_2(ensemble: Trained, tmp_path: Path) -> None:
    assert load_bundle(save_tiny(tmp_path / "b", ensemble)).config.format_version == 2


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"format_version": 1}, "format_version"),
        ({"ensemble": None}, "format_version"),
        ({"ensemble": {"classifiers": 1, "vote": "mean"}}, "ensemble.classifiers"),
        ({"ensemble": {"classifiers": 3, "vote": "lot"}}, "ensemble.vote"),
        ({"ensemble": {"classifiers": 2, "vote": "mean"}}, "members.1"),
        ({"ensemble": {"classifiers": 4, "vote": "mean"}}, "members.2"),
        ({"calibration": {"temperature": 0.0}}, "calibration.temperature"),
        ({"calibration": {"temperature": float("inf")}}, "calibration.temperature"),
        ({"calibration": {"temperature": 1.0, "bias": float("nan")}}, "calibration.bias"),
    ],
)
def test_a_config_that_contradicts_itself_or_the_weights_is_refused(
    ensemble: Trained, tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    path = save_tiny(tmp_path / "b", ensemble) / "config.json"
    document = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not None}))
    with pytest.raises(BundleError, match=place.replace(".", r"\.")):
        load_bundle(path.parent)


def test_a_damaged_member_is_detected(ensemble: Trained, tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "b", ensemble)
    copy = shutil.copytree(folder, tmp_path / "copy")
    data = bytearray((copy / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "model.safetensors").write_bytes(data)
    with pytest.raises(BundleError, match="SHA-256"):
        load_bundle(copy)
