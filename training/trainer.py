"""A training from start to end: epochs of Algorithm 1, evaluated after each, the best one kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.network import MultiTaskNetwork
from training.algorithm1 import make_optimizer, steps_of_epoch, train_epoch
from training.config import Task, TrainingConfig
from training.run_folder import RunFolder, RunState, clone
from training.taskdata import TaskData
from training.watcher import Watcher

# Judges the network after an epoch: the score by which the best epoch is chosen, and figures to report.
Validate = Callable[[MultiTaskNetwork], tuple[float, dict[str, Any]]]


def train(
    network: MultiTaskNetwork,
    tasks: Mapping[Task, TaskData],
    config: TrainingConfig,
    folder: RunFolder,
    *,
    validate: Validate,
    watcher: Watcher,
) -> RunState:
    """Train, going on after the last epoch that `folder` has; the network ends with the best weights.

    Raises:
        RunError: the folder holds another training.
    """
    steps = steps_of_epoch(tasks, config)
    optimizer, schedule = make_optimizer(network, config, steps * config.epochs)
    state = folder.load()
    if state is None:
        state = RunState()
    else:
        network.load_trained_state(state.network)
        optimizer.load_state_dict(state.optimizer)
        schedule.load_state_dict(state.schedule)
    for epoch in range(state.epochs_done, config.epochs):
        watcher.epoch(epoch, steps)
        losses = train_epoch(network, tasks, optimizer, schedule, config, epoch=epoch, watcher=watcher)
        score, figures = validate(network)
        weights = clone(network.trained_state())
        better = score > state.best_score
        state = RunState(
            epochs_done=epoch + 1,
            network=weights,
            optimizer=optimizer.state_dict(),
            schedule=_plain(schedule.state_dict()),
            best=weights if better else state.best,
            best_score=score if better else state.best_score,
            history=[*state.history, {"epoch": epoch + 1, "losses": losses, "score": score, **figures}],
        )
        folder.save(state)
        watcher.scores(state.history[-1])
    network.load_trained_state(state.best)
    network.eval()
    return state


def _plain(schedule: dict[str, Any]) -> dict[str, Any]:
    # The schedule's function has no state, and a file read without unpickling holds no functions.
    return {**schedule, "lr_lambdas": [None] * len(schedule["lr_lambdas"])}
