"""The training of a multi-task network by Algorithm 1, evaluated after each epoch (section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from models.network import MultiTaskNetwork, Task
from training.errors import RunError
from training.loop.algorithm1 import network_steps, train_epoch
from training.loop.callbacks import NullCallback, TrainingCallback
from training.loop.config import TrainingConfig
from training.loop.exit_supervision import ExitSupervision, exit_supervision, without_exit
from training.loop.inputs import Inputs
from training.loop.optimization import network_optimizer
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory
from training.loop.states import KeptStates
from training.loop.task_data import TaskData
from training.loop.trainer import EpochScore, train_epochs
from training.loop.training_state import StateFolder, TrainingState


@dataclass(frozen=True)
class Validation:
    """The scores of a network on the validation texts.

    Attributes:
        f1: F1 of each subtask that the texts can score.
        figures: further figures for the history, JSON-ready.
    """

    f1: Mapping[Task, float]
    figures: Mapping[str, Any] = field(default_factory=dict)


# Scores the network after an epoch. The network is in eval mode, on the device of the training.
Validate = Callable[[MultiTaskNetwork], Validation]


def train_multitask(
    network: MultiTaskNetwork,
    tasks: Mapping[Task, TaskData],
    config: TrainingConfig,
    folder: StateFolder,
    *,
    validate: Validate,
    callback: TrainingCallback,
    states: KeptStates | None = None,
    processes: Processes = SINGLE_PROCESS,
    also_keep: Sequence[Inputs] = (),
) -> TrainingState:
    """Train a network by Algorithm 1, or resume its training. It ends with the weights of the best epoch.

    With several processes, each calls this with the same arguments. Only the first one validates, writes and
    calls back.

    Args:
        network: is moved to the device of `processes`, where it ends in eval mode.
        tasks: D_1, D_2, D_3, or those of them that have examples.
        config: see TrainingConfig.
        folder: holds the state after each epoch; all processes must see it.
        validate: scores the network after each epoch; `config.select` chooses the best by these scores.
        callback: receives the events.
        states: keeps the trunk's states, also for other trainings on the same trunk; by default in memory.
        processes: the processes that train together, see `join_processes`.
        also_keep: further inputs whose states are kept: those that `validate` reads.

    Raises:
        RunError: the folder holds another training, memory ran out, or the loss is not finite.
    """
    states = states if states is not None else KeptStates()
    network.to(processes.device).eval()
    # Perturbed embeddings go through the trunk at each step, so its states are not reused.
    reuses_states = config.adversarial == "none" or config.adversarial_at == "trunk"
    inputs = [tasks[task].inputs for task in sorted(tasks)] if reuses_states else []
    states.plan(network, [*inputs, *also_keep], bfloat16=config.bfloat16)
    state = train_epochs(
        _MultiTaskTrainee(
            network, tasks, config, states, processes, validate, exit_supervision(network, config)
        ),
        folder,
        callback=callback if processes.is_main else NullCallback(),
        processes=processes,
    )
    network.eval()
    return state


@dataclass(frozen=True)
class _MultiTaskTrainee:
    """A multi-task network with its data; a `Trainee`."""

    network: MultiTaskNetwork
    tasks: Mapping[Task, TaskData]
    config: TrainingConfig
    states: KeptStates
    processes: Processes
    validation: Validate
    supervision: ExitSupervision | None

    @property
    def epochs(self) -> int:
        return self.config.epochs

    @property
    def patience(self) -> int:
        return self.config.patience

    def prepare(self, callback: TrainingCallback) -> None:
        self.states.fill(self.network, callback, self.processes)

    def create_optimizer(self) -> Optimizer:
        return network_optimizer(self.network, self.config, self.supervision)

    def trained_weights(self) -> Mapping[str, Tensor]:
        exit_head = self.supervision.state() if self.supervision is not None else {}
        return {**self.network.trained_state(), **exit_head}

    def load_trained_weights(self, weights: Mapping[str, Tensor]) -> None:
        self.network.load_trained_state(without_exit(weights))
        if self.supervision is not None:
            self.supervision.load_state(weights)

    def count_steps(self, epoch: int) -> int:
        return network_steps(self.tasks, self.config)

    def train_epoch(
        self, epoch: int, optimizer: Optimizer, callback: TrainingCallback
    ) -> Mapping[Task, float]:
        return train_epoch(
            self.network,
            self.tasks,
            optimizer,
            self.config,
            epoch=epoch,
            states=self.states,
            callback=callback,
            processes=self.processes,
            supervision=self.supervision,
        )

    def validate(self, epoch: int) -> EpochScore:
        remedy = "keep fewer states (--keep-limit)"
        with self.states.serving(self.network), explain_out_of_memory("the validation", remedy):
            validation = self.processes.from_main(
                self.validation(self.network) if self.processes.is_main else Validation({})
            )
        score = _selected_score(validation.f1, self.config)
        return EpochScore(score, {"score": score, "f1": dict(validation.f1), **validation.figures})


def _selected_score(f1: Mapping[Task, float], config: TrainingConfig) -> float:
    """Return the score by which the best epoch is chosen."""
    if not f1:
        raise RunError("the validation data cannot score an epoch: use texts with labels")
    if config.select == "mean":
        return sum(f1.values()) / len(f1)
    if config.select not in f1:
        raise RunError(
            f"select is {config.select}, but the validation data has scores for {', '.join(f1)} only: "
            "set select to one of them, or to mean"
        )
    return f1[config.select]
