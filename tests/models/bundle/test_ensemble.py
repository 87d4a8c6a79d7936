"""Several classifiers on one trunk: trained apart, put together, saved and asked as one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from models import BundleError, Pipeline, load_bundle
from models.bundle import Calibration, Ensemble
from models.encoder.loading import load_encoder
from models.network.multitask import MultiTaskNetwork
from models.network.vote import Decision, Vote
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


def together(networks: list[Trained]) -> Trained:
    """Make one network of those; the first gives its other heads too."""
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
    """Three networks on the same trunk that learned for different times, and so disagree."""
    return [train_tiny(checkpoints["safetensors"], steps=steps) for steps in (60, 4, 8)]


@pytest.fixture(scope="module")
def ensemble(members: list[Trained], checkpoints: dict[Layout, Path]) -> Trained:
    """The three as one; the first is trained again, since its modules become the ensemble's."""
    return together([train_tiny(checkpoints["safetensors"], steps=60), *members[1:]])


def votes_of(trained: Trained) -> torch.Tensor:
    reference = ReferenceNetwork(trained.network)
    tokenizer = ReferenceTokenizer(trained.encoder.tokenizer, MAX_TOKENS)
    return torch.stack([reference.votes(tokenizer.text(text)) for text in TEXTS], dim=1)


def predictions(bundle: Path) -> list[TweetPrediction]:
    return Pipeline.from_bundle(bundle, device="cpu").score(TEXTS)


def test_each_vote_is_that_of_the_network_it_was_taken_from(
    ensemble: Trained, members: list[Trained]
) -> None:
    votes = votes_of(ensemble)
    assert votes.shape == (3, len(TEXTS), 2)
    for vote, member in zip(votes, members, strict=True):
        assert torch.allclose(vote, votes_of(member)[0], atol=1e-5)
    assert not torch.allclose(votes[1], votes[2], atol=1e-2)


def test_further_classifiers_leave_extractor_and_normalizer_alone(
    ensemble: Trained, members: list[Trained]
) -> None:
    ours, theirs = ensemble.network.trained_state(), members[0].network.trained_state()
    assert all(torch.equal(ours[name], tensor) for name, tensor in theirs.items())
    assert {name.split(".")[0] for name in ours.keys() - theirs.keys()} == {"members"}


def test_an_adopted_classifier_is_a_copy(checkpoints: dict[Layout, Path]) -> None:
    first, second = (train_tiny(checkpoints["safetensors"], steps=n) for n in (2, 3))
    ensemble = together([first, second])
    before = votes_of(ensemble)
    with torch.no_grad():
        for parameter in second.network.shared.parameters():
            parameter.zero_()
    assert torch.equal(votes_of(ensemble), before)


@pytest.mark.parametrize("position", [-1, 0, 3])
def test_only_further_positions_can_be_filled(ensemble: Trained, position: int) -> None:
    with pytest.raises(ValueError, match=f"position is {position}"):
        ensemble.network.adopt(position, ensemble.network)


def test_a_classifier_on_another_trunk_is_refused(
    ensemble: Trained, checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    other = load_encoder(str(write_checkpoint(tmp_path / "other", seed=1))).model
    same = load_encoder(str(checkpoints["safetensors"])).model
    for encoder, frozen in ((other, FROZEN_LAYERS), (same, FROZEN_LAYERS + 1)):
        stranger = MultiTaskNetwork(encoder, frozen_layers=frozen, ptids=2)
        with pytest.raises(ValueError, match="another trunk"):
            ensemble.network.adopt(1, stranger)


def test_there_is_one_classifier_at_least(checkpoints: dict[Layout, Path]) -> None:
    encoder = load_encoder(str(checkpoints["safetensors"])).model
    with pytest.raises(ValueError, match="classifiers is 0"):
        MultiTaskNetwork(encoder, frozen_layers=1, ptids=2, classifiers=0)


@pytest.mark.parametrize("vote", ["majority", "mean"])
def test_an_ensemble_goes_through_a_bundle(ensemble: Trained, tmp_path: Path, vote: Vote) -> None:
    folder = save_tiny(tmp_path / "b", ensemble, vote=vote)
    bundle = load_bundle(folder)
    assert bundle.config.ensemble == Ensemble(classifiers=3, vote=vote)
    assert bundle.network.classifiers == 3
    wanted = Decision(vote).probability(votes_of(ensemble)).tolist()
    found = predictions(folder)
    assert [one.probability for one in found] == pytest.approx(wanted, abs=0.02)  # half precision
    assert {one.label for one in found if one.probability < 0.5} == {"NoADE"}


def test_a_single_classifier_has_nothing_to_vote_on(trained: Trained, tmp_path: Path) -> None:
    plain = load_bundle(save_tiny(tmp_path / "plain", trained))
    told = load_bundle(save_tiny(tmp_path / "told", trained, vote="mean"))
    assert plain.config.ensemble is None
    assert plain.version == told.version


def test_the_format_is_as_old_as_its_content_allows(
    trained: Trained, ensemble: Trained, tmp_path: Path
) -> None:
    def document(name: str, one: Trained, **changes: Any) -> dict[str, Any]:
        folder = save_tiny(tmp_path / name, one, **changes)
        return dict(json.loads((folder / "config.json").read_text()))

    plain = document("plain", trained)
    assert plain["format_version"] == 1
    assert plain.keys().isdisjoint({"ensemble", "calibration"})  # which readers of format 1 refuse
    assert document("ensemble", ensemble)["format_version"] == 2
    calibrated = document("calibrated", trained, calibration=Calibration(temperature=2.0))
    assert calibrated["format_version"] == 2
    assert "ensemble" not in calibrated


@pytest.mark.parametrize(
    ("changes", "told"),
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
    ensemble: Trained, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    path = save_tiny(tmp_path / "b", ensemble) / "config.json"
    document = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not None}))
    with pytest.raises(BundleError, match=told.replace(".", r"\.")):
        load_bundle(path.parent)


def test_a_damaged_member_is_noticed(ensemble: Trained, tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "b", ensemble)
    copy = shutil.copytree(folder, tmp_path / "copy")
    data = bytearray((copy / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (copy / "model.safetensors").write_bytes(data)
    with pytest.raises(BundleError, match="SHA-256"):
        load_bundle(copy)
