"""A tiny training for the tests of the loop, which can also run it in other processes.

python tiny_training.py share CHECKPOINT FOLDER    train as one of several processes, in FOLDER/memory and
                                                   FOLDER/disk, with states kept there
python tiny_training.py die CHECKPOINT FOLDER      be killed in the middle of the second epoch
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from models.encoder import TweetTokenizer, load_encoder
from models.network import MultiTaskNetwork, Task
from models.normalizer import Labels
from tests.tiny import EFFECTS, LABELS, MAX_TOKENS, NEGATIVE, POSITIVE
from training.examples import AnnotatedSpan, CodedPhrase, Example
from training.loop.callbacks import NullCallback, TrainingCallback
from training.loop.config import TrainingConfig
from training.loop.multitask_training import Validate, Validation, train_multitask
from training.loop.processes import SINGLE_PROCESS, Processes, join_processes
from training.loop.states import KeptStates
from training.loop.task_data import TaskData, classifier_data, extractor_data, normalizer_data
from training.loop.training_state import StateFolder, TrainingState, fingerprint

CONFIG = TrainingConfig(
    encoder="tiny",
    epochs=3,
    batch_size_1a=8,
    batch_size_1b=5,
    batch_size_1c=3,
    learning_rate=1e-3,
    head_learning_rate=1e-3,
    max_tokens=MAX_TOKENS,
)
# Without dropout, which is the only randomness that differs between processes.
STEADY = replace(CONFIG, dropout=0.0, layer_dropout=0.0)


def tiny_tasks(checkpoint: Path) -> dict[Task, TaskData]:
    """Build D_1, D_2 and D_3 from the tweets of `tests.tiny`."""
    tokenizer = TweetTokenizer(load_encoder(str(checkpoint)).tokenizer, MAX_TOKENS)
    positives = []
    for text in POSITIVE:
        effect = next(effect for effect in EFFECTS if text.endswith(effect))
        span = AnnotatedSpan(len(text) - len(effect), len(text), EFFECTS[effect][0])
        positives.append(Example(text, text, 1, (span,)))
    examples = [*positives, *(Example(text, text, 0) for text in NEGATIVE * 3)]
    phrases = [CodedPhrase(effect, ptid) for effect, (ptid, _) in EFFECTS.items()]
    return {
        "1a": classifier_data(examples, tokenizer),
        "1b": extractor_data(positives, tokenizer),
        "1c": normalizer_data(phrases * 2, Labels.of(list(EFFECTS.values())), tokenizer),
    }


def tiny_network(checkpoint: Path, config: TrainingConfig) -> MultiTaskNetwork:
    """Build a network whose untrained heads are the same each time."""
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    return MultiTaskNetwork(
        load_encoder(str(checkpoint)).model,
        frozen_layers=config.count_frozen(3),
        ptids=len(LABELS),
        dropout=config.dropout,
        pooling=config.pooling,
    )


def scored(scores: Mapping[int, float] | None = None) -> Validate:
    """Score epochs by their number. By default each is better than the one before."""
    count = iter(range(1, 1_000))

    def validate(network: MultiTaskNetwork) -> Validation:
        number = next(count)
        return Validation({"1a": (scores or {}).get(number, number / 1_000)})

    return validate


def tiny_fit(
    checkpoint: Path,
    folder: Path,
    config: TrainingConfig = CONFIG,
    *,
    states: KeptStates | None = None,
    callback: TrainingCallback | None = None,
    processes: Processes = SINGLE_PROCESS,
    validate: Validate | None = None,
    **more: Any,
) -> tuple[MultiTaskNetwork, TrainingState]:
    """Train a tiny network, and return it with its state."""
    tasks = tiny_tasks(checkpoint)
    network = tiny_network(checkpoint, config)
    state = train_multitask(
        network,
        tasks,
        config,
        StateFolder(folder, fingerprint(config, list(tasks.values()))),
        validate=validate or scored(),
        callback=callback or NullCallback(),
        states=states,
        processes=processes,
        **more,
    )
    return network, state


def largest_difference(left: Mapping[str, torch.Tensor], right: Mapping[str, torch.Tensor]) -> float:
    """Return the largest difference between two sets of weights."""
    assert left.keys() == right.keys()
    return max(float((tensor - right[name]).abs().max()) for name, tensor in left.items())


class KilledError(Exception):
    """Simulates a kill in the middle of an epoch."""


class Recorder(NullCallback):
    """Records the events, and can interrupt the training at the first step of an epoch."""

    def __init__(self, kill_in: int | None = None) -> None:
        self.kill_in = kill_in
        self.epochs: list[Mapping[str, Any]] = []
        self.remaining: list[int] = []
        self.computed = (0, 0)
        self.messages: list[str] = []
        self._epoch = 0

    def on_message(self, text: str) -> None:
        self.messages.append(text)

    def on_states_computed(self, done: int, total: int) -> None:
        self.computed = (done, total)

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        self._epoch = epoch
        self.remaining.append(steps)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        if self._epoch == self.kill_in:
            raise KilledError
        self.remaining.append(remaining)

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        self.epochs.append(figures)


class KillProcess(NullCallback):
    """Kills this process at the second step of the second epoch."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        self.steps.append(0)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        self.steps[-1] += 1
        if len(self.steps) == 2 and self.steps[-1] == 2:
            os.kill(os.getpid(), signal.SIGKILL)


def train_share(checkpoint: Path, folder: Path) -> None:
    """Train together with other processes; each saves its final weights."""
    processes = join_processes("cpu")
    for keep in ("memory", "disk"):
        states = KeptStates(keep, folder=folder / "states")
        _, state = tiny_fit(checkpoint, folder / keep, STEADY, states=states, processes=processes)
        torch.save(state.network, folder / keep / f"rank{processes.rank}.pt")


if __name__ == "__main__":
    mode, checkpoint_folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if mode == "die":
        tiny_fit(checkpoint_folder, out, callback=KillProcess())
    else:
        train_share(checkpoint_folder, out)
