"""The whole way on a tiny encoder: corpora in, a bundle out; stopped and resumed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models import load_bundle, load_scorer
from training.config import Task, TrainingConfig
from training.default_bundle import Outcome, build_default_bundle
from training.default_data import DataSizes
from training.errors import RunError
from training.watcher import Silence

SIZES = DataSizes(
    positive_tweets=150,
    negative_tweets=150,
    extractor_negatives=30,
    formal_positives=20,
    formal_negatives=20,
    label_sentences=20,
)


class KilledError(Exception):
    """Stands for a kill in the middle of an epoch."""


class Recorder(Silence):
    """Keeps the scores, and kills the training in the epoch that it is told to."""

    def __init__(self, kill_in: int | None = None) -> None:
        self.kill_in = kill_in
        self.epochs: list[Mapping[str, Any]] = []
        self._epoch = 0

    def epoch(self, number: int, steps: int) -> None:
        self._epoch = number

    def step(self, task: Task, loss: float, left: int) -> None:
        if self._epoch == self.kill_in:
            raise KilledError

    def scores(self, figures: Mapping[str, Any]) -> None:
        self.epochs.append(figures)


@dataclass(frozen=True)
class Workshop:
    """Trains on the small corpora."""

    corpora: Path
    terminology: Path
    config: TrainingConfig

    def build(
        self, out: Path, run: Path, watcher: Recorder, *, config: TrainingConfig | None = None
    ) -> Outcome:
        return build_default_bundle(
            self.corpora,
            self.terminology,
            out,
            config=config or self.config,
            sizes=SIZES,
            run=run,
            command="ade-train default-bundle",
            watcher=watcher,
        )


@pytest.fixture(scope="module")
def workshop(corpora_folder: Path, terminology_folder: Path, tiny_encoder: Path) -> Workshop:
    config = TrainingConfig(
        encoder=str(tiny_encoder),
        frozen_layers=1,
        epochs=3,
        learning_rate=3e-3,
        head_learning_rate=3e-3,
        max_tokens=48,
        batch_size_1a=16,
        batch_size_1b=16,
        batch_size_1c=16,
    )
    return Workshop(corpora_folder, terminology_folder, config)


@pytest.fixture(scope="module")
def straight(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recorder, Outcome]:
    folder = tmp_path_factory.mktemp("straight")
    recorder = Recorder()
    outcome = workshop.build(folder / "bundle", folder / "run", recorder)
    return folder / "bundle", recorder, outcome


def test_training_lowers_the_loss_of_each_task(straight: tuple[Path, Recorder, Outcome]) -> None:
    _, recorder, _ = straight
    first, last = recorder.epochs[0]["losses"], recorder.epochs[-1]["losses"]
    assert set(last) == {"1a", "1b", "1c"}
    assert all(last[task] < first[task] for task in last)


def test_a_training_leaves_a_bundle_that_scores_tweets(straight: tuple[Path, Recorder, Outcome]) -> None:
    path, _, outcome = straight
    scorer = load_scorer(str(path), device="cpu")
    assert scorer.version == outcome.version
    assert len(scorer.score(["zoloft gave me insomnia", ""])) == 2
    assert json.loads((path / "metrics.json").read_text())["tweets"] == outcome.metrics["tweets"]
    card = (path / "README.md").read_text()
    assert "ade-train default-bundle" in card
    assert "$" not in card


def test_a_killed_training_goes_on_to_the_same_weights(
    workshop: Workshop, straight: tuple[Path, Recorder, Outcome], tmp_path: Path
) -> None:
    with pytest.raises(KilledError):
        workshop.build(tmp_path / "bundle", tmp_path / "run", Recorder(kill_in=1))
    assert not (tmp_path / "bundle").exists()
    resumed = Recorder()
    workshop.build(tmp_path / "bundle", tmp_path / "run", resumed)
    assert [figures["epoch"] for figures in resumed.epochs] == [2, 3]
    ours = load_bundle(tmp_path / "bundle").network.trained_state()
    theirs = load_bundle(straight[0]).network.trained_state()
    for name, tensor in theirs.items():
        assert torch.equal(tensor, ours[name]), name


def test_the_run_folder_of_another_training_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        workshop.build(tmp_path / "bundle", tmp_path / "run", Recorder(kill_in=1))
    other = replace(workshop.config, seed=2)
    with pytest.raises(RunError, match="--fresh"):
        workshop.build(tmp_path / "bundle", tmp_path / "run", Recorder(), config=other)


def test_a_damaged_state_is_named(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last-epoch.pt").write_bytes(b"no state")
    with pytest.raises(RunError, match=r"last-epoch\.pt"):
        workshop.build(tmp_path / "bundle", tmp_path / "run", Recorder())
