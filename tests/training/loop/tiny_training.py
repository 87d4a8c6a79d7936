"""A training in miniature that the tests of the engine run again and again; also in other processes.

python tiny_training.py share CHECKPOINT FOLDER    one of the processes that a launcher started: trains
                                                   in FOLDER/memory and FOLDER/disk, by where it keeps
python tiny_training.py die CHECKPOINT FOLDER      is killed in the middle of the second epoch
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

from models.encoder.loading import load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from models.normalizer.labels import Labels
from tests.tiny import EFFECTS, LABELS, MAX_TOKENS, NEGATIVE, POSITIVE
from training.examples import AnnotatedSpan, CodedPhrase, Example
from training.loop.callbacks import NullCallback, TrainingCallback
from training.loop.config import Task, TrainingConfig
from training.loop.processes import SINGLE_PROCESS, Processes, join_processes
from training.loop.states import KeptStates
from training.loop.task_data import TaskData, classifier_data, extractor_data, normalizer_data
from training.loop.trainer import Validate, Validation, fit
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
STEADY = replace(CONFIG, dropout=0.0, layer_dropout=0.0)  # without the only chance that processes differ in


def tiny_tasks(checkpoint: Path) -> dict[Task, TaskData]:
    """The tweets of `tests.tiny` as D_1, D_2 and D_3."""
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
    """The same untrained heads each time."""
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    return MultiTaskNetwork(
        load_encoder(str(checkpoint)).model,
        frozen_layers=config.frozen_of(3),
        ptids=len(LABELS),
        dropout=config.dropout,
        pooling=config.pooling,
    )


def judged(scores: Mapping[int, float] | None = None) -> Validate:
    """Judge epochs by their number, as told; by default each is better than the one before."""
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
    watcher: TrainingCallback | None = None,
    processes: Processes = SINGLE_PROCESS,
    validate: Validate | None = None,
    **more: Any,
) -> tuple[MultiTaskNetwork, TrainingState]:
    """Train."""
    tasks = tiny_tasks(checkpoint)
    network = tiny_network(checkpoint, config)
    state = fit(
        network,
        tasks,
        config,
        StateFolder(folder, fingerprint(config, list(tasks.values()))),
        validate=validate or judged(),
        watcher=watcher or NullCallback(),
        states=states,
        processes=processes,
        **more,
    )
    return network, state


def farthest(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> float:
    """Give the largest difference between weights."""
    assert one.keys() == other.keys()
    return max(float((tensor - other[name]).abs().max()) for name, tensor in one.items())


class Death(NullCallback):
    """Kills this process in the second epoch, at its second step."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def epoch(self, number: int, steps: int) -> None:
        self.steps.append(0)

    def step(self, task: Task, loss: float, left: int) -> None:
        self.steps[-1] += 1
        if len(self.steps) == 2 and self.steps[-1] == 2:
            os.kill(os.getpid(), signal.SIGKILL)


def train_share(checkpoint: Path, folder: Path) -> None:
    """Train together with others; each leaves the weights that it has in the end."""
    processes = join_processes("cpu")
    for keep in ("memory", "disk"):
        states = KeptStates(keep, folder=folder / "states")
        _, state = tiny_fit(checkpoint, folder / keep, STEADY, states=states, processes=processes)
        torch.save(state.network, folder / keep / f"rank{processes.rank}.pt")


if __name__ == "__main__":
    mode, given, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if mode == "die":
        tiny_fit(given, out, watcher=Death())
    else:
        train_share(given, out)
