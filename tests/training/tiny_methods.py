"""A small invented corpus, and methods that learn it in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from models.network import Task
from tests.tiny import EFFECTS, MAX_TOKENS
from training.augmentation import Synonyms
from training.examples import AnnotatedSpan, Example, TrainingData
from training.loop import KeptStates, NullCallback, TrainingCallback
from training.methods import TrainedBundle, TrainingRun, effective_method, train_method
from training.presets import Method, preset

STARTS = ("zoloft gives me", "this pill and", "so", "day 3 and", "my zoloft means")
PLAIN = ("i took my zoloft", "just got my pill", "zoloft day 3", "so this is my day", "hello you")
NAMES = dict(EFFECTS.values())

SLOW = ("learning-rate=1e-7", "head-learning-rate=1e-7", "epochs=1")
"""Settings under which nothing moves far from the start."""


def positive(start: str, effect: str, *, coded: bool = True, named: bool = True) -> Example:
    """Return a text that ends with an effect."""
    text = f"{start} {effect}"
    ptid, name = EFFECTS[effect]
    span = AnnotatedSpan(
        len(start) + 1, len(text), ptid if coded else None, name if coded and named else None
    )
    return Example(f"+{text}", text, 1, (span,))


def corpus(*, coded: bool = True) -> TrainingData:
    """Return twenty positives and twenty-five negatives to learn from, and others for validation."""
    positives = [positive(start, effect, coded=coded) for start in STARTS for effect in EFFECTS]
    negatives = [Example(f"-{text} {n}", f"{text} {n}", 0) for text in PLAIN for n in range(5)]
    valid = [positive("now this and", effect, coded=coded) for effect in EFFECTS]
    valid += [Example(f"-{text}", f"{text} again", 0) for text in PLAIN]
    return TrainingData([*positives, *negatives], valid)


def tiny_method(name: str, encoder: Path, *settings: str) -> Method:
    """Return a preset with settings under which the tiny encoder learns."""
    return preset(
        name,
        [
            f"encoder={encoder}",
            f"max-tokens={MAX_TOKENS}",
            "epochs=2",
            "batch-size-1a=8",
            "batch-size-1b=4",
            "batch-size-1c=4",
            "learning-rate=5e-3",
            "head-learning-rate=5e-3",
            *settings,
        ],
    )


def training_run(
    folder: Path, callback: TrainingCallback | None = None, *, name: str = "run", fresh: bool = False
) -> TrainingRun:
    """Return a run in a folder. The runs of a folder share their networks."""
    return TrainingRun(
        folder / name, folder / "networks", KeptStates(), callback=callback or NullCallback(), fresh=fresh
    )


class KilledError(Exception):
    """Simulates a kill in the middle of an epoch."""


class Recorder(NullCallback):
    """Records events, and can interrupt the training in an epoch of a network, both counted from 1."""

    def __init__(self, kill: tuple[int, int] | None = None) -> None:
        self.messages: list[str] = []
        self.titles: list[str] = []
        self.epochs: list[tuple[str, int]] = []
        self.sizes: list[Mapping[Task, int]] = []
        self.figures: list[Mapping[str, Any]] = []
        self._kill = kill

    def on_message(self, text: str) -> None:
        self.messages.append(text)

    def on_network_start(self, title: str, epochs: int) -> None:
        self.titles.append(title)

    def on_data(self, sizes: Mapping[Task, int]) -> None:
        self.sizes.append(sizes)

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        self.epochs.append((self.titles[-1], epoch + 1))

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        if self._kill == (len(self.titles), self.epochs[-1][1]):
            raise KilledError

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        self.figures.append(figures)


def build(
    folder: Path,
    preset: str,
    encoder: Path,
    *settings: str,
    callback: Recorder | None = None,
    **changes: object,
) -> TrainedBundle:
    """Train a preset into a bundle in `folder`; `changes` are `data`, `fresh` and `overwrite`."""
    return train_method(
        tiny_method(preset, encoder, *settings),
        changes.get("data") or corpus(),
        out=folder / preset,
        run=training_run(folder, callback, name=f"run-{preset}", fresh=bool(changes.get("fresh"))),
        command="ade-train train",
        overwrite=bool(changes.get("overwrite")),
    )


def method_from(start: Path, preset: str, *settings: str) -> Method:
    """Return a preset that trains a tiny bundle further."""
    quick = [f"max-tokens={MAX_TOKENS}", "batch-size-1a=8", "batch-size-1b=4", "batch-size-1c=4"]
    device = torch.device("cpu")
    return effective_method(preset, [*quick, *settings], device=device, start_from=str(start))


def train_from(
    start: Path,
    folder: Path,
    preset: str,
    *settings: str,
    data: TrainingData | None = None,
    callback: Recorder | None = None,
    wordnet: Synonyms | None = None,
) -> TrainedBundle:
    """Train a bundle further, into `folder / "bundle"`."""
    return train_method(
        method_from(start, preset, *settings),
        data or corpus(),
        out=folder / "bundle",
        run=training_run(folder, callback),
        command="ade-train train",
        wordnet=wordnet,
    )
