"""A training from start to end: epochs of Algorithm 1, evaluated after each, the best one kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.network.multitask import MultiTaskNetwork
from training.errors import RunError
from training.loop.algorithm1 import steps_of_epoch, train_epoch
from training.loop.callbacks import NullCallback, TrainingCallback
from training.loop.config import Task, TrainingConfig
from training.loop.inputs import Inputs
from training.loop.optimization import make_optimizer
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory
from training.loop.states import KeptStates
from training.loop.task_data import TaskData
from training.loop.training_state import StateFolder, TrainingState, clone


@dataclass(frozen=True)
class Validation:
    """How good the network is after an epoch.

    Attributes:
        f1: of the subtasks that can be judged.
        figures: more of it for the history, JSON-ready.
    """

    f1: Mapping[Task, float]
    figures: Mapping[str, Any] = field(default_factory=dict)


# Judges the network after an epoch; it is in eval mode then, on the device of the training.
Validate = Callable[[MultiTaskNetwork], Validation]


def fit(
    network: MultiTaskNetwork,
    tasks: Mapping[Task, TaskData],
    config: TrainingConfig,
    folder: StateFolder,
    *,
    validate: Validate,
    watcher: TrainingCallback,
    states: KeptStates | None = None,
    processes: Processes = SINGLE_PROCESS,
    keep_beside: Sequence[Inputs] = (),
) -> TrainingState:
    """Train, going on after the last epoch that `folder` has; the network ends with the best weights.

    With several processes each calls this with the same arguments; only the first one validates, writes
    and tells the watcher.

    Args:
        network: moved to the device of `processes`, where it stays, in eval mode.
        tasks: D_1, D_2, D_3, or those of them that are there.
        config: see TrainingConfig.
        folder: keeps the state after each epoch; all processes must see it.
        validate: see Validate; by its F1 the best epoch is known (`config.select`).
        watcher: told of each stage.
        states: keeps the trunk's states, for several trainings on the same trunk too; by default in memory.
        processes: that train together, see `join_processes`.
        keep_beside: further inputs whose states are kept: those that `validate` reads.

    Raises:
        RunError: the folder holds another training, memory ran out, or the loss is no number.
    """
    watcher = watcher if processes.is_main else NullCallback()
    states = states if states is not None else KeptStates()
    network.to(processes.device).eval()
    # States from the trunk are of no use where the change is made to the embeddings below it.
    reused = config.adversarial == "none" or config.adversarial_at == "trunk"
    own = [tasks[task].inputs for task in sorted(tasks)] if reused else []
    states.plan(network, [*own, *keep_beside], bfloat16=config.bfloat16)
    state = folder.load() or TrainingState()
    if state.is_finished(config):
        watcher.note(f"trained already: the weights are in {folder.path}")
    else:
        if state.epochs_done:
            watcher.note(f"going on after epoch {state.epochs_done} of {config.epochs}, from {folder.path}")
        states.fill(network, watcher, processes)
        state = _epochs(network, tasks, config, folder, state, validate, watcher, states, processes)
    network.load_trained_state(state.best)
    network.eval()
    return state


def _epochs(
    network: MultiTaskNetwork,
    tasks: Mapping[Task, TaskData],
    config: TrainingConfig,
    folder: StateFolder,
    state: TrainingState,
    validate: Validate,
    watcher: TrainingCallback,
    states: KeptStates,
    processes: Processes,
) -> TrainingState:
    optimizer = make_optimizer(network, config)
    if state.epochs_done:
        network.load_trained_state(state.network)
        optimizer.load_state_dict(state.optimizer)
    steps = steps_of_epoch(tasks, config)
    while not state.is_finished(config):
        watcher.epoch(state.epochs_done, steps)
        losses = train_epoch(
            network,
            tasks,
            optimizer,
            config,
            epoch=state.epochs_done,
            states=states,
            watcher=watcher,
            processes=processes,
        )
        with (
            states.serving(network),
            explain_out_of_memory("the validation", "keep fewer states (--keep-limit)"),
        ):
            judged = processes.from_main(validate(network) if processes.is_main else Validation({}))
        state = _after(state, network, optimizer.state_dict(), losses, judged, config)
        if processes.is_main:
            folder.save(state)
        watcher.scores(state.history[-1])
    processes.wait()
    return state


def _after(
    state: TrainingState,
    network: MultiTaskNetwork,
    optimizer: dict[str, Any],
    losses: Mapping[Task, float],
    judged: Validation,
    config: TrainingConfig,
) -> TrainingState:
    score = _score(judged, config)
    weights = clone(network.trained_state())
    better = score > state.best_score
    epoch = state.epochs_done + 1
    figures = {
        "epoch": epoch,
        "losses": dict(losses),
        "score": score,
        "f1": dict(judged.f1),
        **judged.figures,
    }
    return TrainingState(
        epochs_done=epoch,
        network=weights,
        optimizer=optimizer,
        best=weights if better else state.best,
        best_epoch=epoch if better else state.best_epoch,
        best_score=score if better else state.best_score,
        history=[*state.history, figures],
    )


def _score(judged: Validation, config: TrainingConfig) -> float:
    if not judged.f1:
        raise RunError("the validation data has nothing to judge an epoch by: give texts with labels")
    if config.select == "mean":
        return sum(judged.f1.values()) / len(judged.f1)
    if config.select not in judged.f1:
        raise RunError(
            f"select is {config.select}, but the validation data has scores for {', '.join(judged.f1)} only: "
            "set select to one of them, or to mean"
        )
    return judged.f1[config.select]
