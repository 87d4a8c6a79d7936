"""Equation 1, and lines 4 to 9 of Algorithm 1: the task and the mini-batch of each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.network import HEAD_OF, HEADS, Head, MultiTaskNetwork, Task
from tests.training.loop.tiny_training import CONFIG, tiny_network
from training.errors import RunError
from training.loop.algorithm1 import network_steps, task_probabilities, train_epoch
from training.loop.callbacks import NullCallback
from training.loop.config import TrainingConfig
from training.loop.inputs import Inputs
from training.loop.optimization import network_optimizer, rate_factor
from training.loop.states import KeptStates
from training.loop.task_data import TaskData

SIZES: dict[Task, int] = {"1a": 9_000, "1b": 1_200, "1c": 300}
Step = tuple[Task, list[int], list[float] | None]


def data(task: Task, count: int) -> TaskData:
    """Inputs of three tokens, a third of them positive."""
    inputs = Inputs.packed([[1, 2, 3]] * count, [[0] * 3] * count)
    return TaskData(task, inputs, [[int(row % 3 == 0)] for row in range(count)])


@pytest.fixture(scope="module")
def network(tiny_encoder: Path) -> MultiTaskNetwork:
    return tiny_network(tiny_encoder, CONFIG)


def steps(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch, *, epoch: int = 0, **changes: Any
) -> list[Step]:
    """Run an epoch without computing anything; return each step's task, rows and class weights."""
    taken: list[Step] = []

    def backward(
        network: MultiTaskNetwork,
        data: TaskData,
        rows: Sequence[int],
        weights: torch.Tensor | None,
        *_: object,
    ) -> torch.Tensor:
        taken.append((data.task, list(rows), None if weights is None else weights.tolist()))
        return torch.zeros(())

    monkeypatch.setattr("training.loop.algorithm1.backward", backward)
    config: TrainingConfig = replace(CONFIG, batch_size_1a=30, batch_size_1b=10, batch_size_1c=10, **changes)
    train_epoch(
        network,
        {task: data(task, size) for task, size in SIZES.items()},
        network_optimizer(network, config),
        config,
        epoch=epoch,
        states=KeptStates("none"),
        callback=NullCallback(),
    )
    return taken


def test_equation_1_gives_the_probabilities_of_the_paper() -> None:
    # SMM4H 2021: 17,385 tweets in batches of 64, 1,235 positives and 1,235 spans in batches of 16.
    shares = [17_385 / 64, 1_235 / 16, 1_235 / 16]
    assert task_probabilities([17_385, 1_235, 1_235], [64, 16, 16]) == pytest.approx(
        [share / sum(shares) for share in shares]
    )


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 512)), min_size=1, max_size=5))
def test_the_probabilities_of_equation_1_sum_to_one(sizes: list[tuple[int, int]]) -> None:
    probabilities = task_probabilities([size for size, _ in sizes], [batch for _, batch in sizes])
    assert sum(probabilities) == pytest.approx(1)
    assert min(probabilities) > 0


def test_an_epoch_has_enough_steps_to_see_every_example_once() -> None:
    tasks: dict[Task, TaskData] = {"1a": data("1a", 640), "1b": data("1b", 33), "1c": data("1c", 160)}
    assert network_steps(tasks, TrainingConfig()) == round(640 / 64 + 33 / 16 + 160 / 16)
    assert network_steps({"1c": data("1c", 1)}, TrainingConfig()) == 1


def test_tasks_are_drawn_as_often_as_equation_1_demands(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counter(task for epoch in range(6) for task, _, _ in steps(network, monkeypatch, epoch=epoch))
    total = sum(counts.values())
    assert total == 6 * (300 + 120 + 30)
    expected = dict(zip(SIZES, task_probabilities([*SIZES.values()], [30, 10, 10]), strict=True))
    for task, probability in expected.items():
        deviation = (total * probability * (1 - probability)) ** 0.5
        assert abs(counts[task] - total * probability) < 4 * deviation, task


def test_mini_batches_are_shuffled_and_packed_again_when_they_run_out(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    repacked = 0
    for epoch in range(4):
        seen: dict[Task, list[list[int]]] = {task: [] for task in SIZES}
        for task, rows, _ in steps(network, monkeypatch, epoch=epoch):
            seen[task].append(rows)
        for task, size in SIZES.items():
            batches = size // len(seen[task][0])
            for start in range(0, len(seen[task]), batches):
                turn = seen[task][start : start + batches]
                rows_seen = [row for rows in turn for row in rows]
                assert len(set(rows_seen)) == len(rows_seen)
                if len(turn) == batches:
                    assert len(rows_seen) == size
            if len(seen[task]) > batches:
                repacked += 1
                assert seen[task][batches] != seen[task][0]
    assert repacked > 0


def test_an_epoch_depends_on_its_number_and_the_seed_only(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = steps(network, monkeypatch)
    assert steps(network, monkeypatch) == first
    assert steps(network, monkeypatch, epoch=1) != first
    assert steps(network, monkeypatch, seed=2) != first
    assert len(first) == network_steps(
        {task: data(task, size) for task, size in SIZES.items()},
        replace(CONFIG, batch_size_1a=30, batch_size_1b=10, batch_size_1c=10),
    )


@pytest.mark.parametrize(("balanced", "weights"), [(True, (0.75, 1.5)), (False, (1.0, 1.0))])
def test_classes_of_1a_are_weighted_if_the_settings_say_so(
    balanced: bool, weights: tuple[float, float], network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = {task: w and tuple(w) for task, _, w in steps(network, monkeypatch, balanced=balanced)}
    assert used == {"1a": pytest.approx(weights), "1b": None, "1c": None}


@pytest.mark.parametrize("layer_dropout", [0.1, 0.25])
def test_dropout_is_active_during_the_steps_and_inactive_after_the_epoch(
    layer_dropout: float, network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: set[tuple[bool, bool, bool]] = set()
    probabilities: set[float] = set()

    def backward(network: MultiTaskNetwork, *_: object) -> torch.Tensor:
        modes.add((network.training, network.dropout.training, network.shared.training))
        modules = network.shared.modules()
        probabilities.update(module.p for module in modules if isinstance(module, torch.nn.Dropout))
        assert not network.trunk.training
        assert not network.embeddings.training
        return torch.zeros(())

    monkeypatch.setattr("training.loop.algorithm1.backward", backward)
    config = replace(CONFIG, layer_dropout=layer_dropout)
    train_epoch(
        network.eval(),
        {"1a": data("1a", 20)},
        network_optimizer(network, config),
        config,
        epoch=0,
        states=KeptStates("none"),
        callback=NullCallback(),
    )
    assert modes == {(True, True, True)}
    assert probabilities == {layer_dropout}
    assert not any(module.training for module in network.modules())


def test_a_fourth_head_is_trained_by_its_entry_in_the_table_and_its_data(
    tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    severity = Head("1d", "severity", "text", classes=("mild", "moderate", "severe"))  # type: ignore[arg-type]
    for module in ("models.network.multitask", "models.network.shape", "training.loop.optimization"):
        monkeypatch.setattr(f"{module}.HEADS", (*HEADS, severity))
    for module in ("training.loop.objective", "training.loop.task_data"):
        monkeypatch.setattr(f"{module}.HEAD_OF", {**HEAD_OF, "1d": severity})

    @dataclass(frozen=True)
    class FourHeads(TrainingConfig):
        batch_size_1d: int = 10

    config = FourHeads(**{field.name: getattr(CONFIG, field.name) for field in fields(CONFIG)})
    network = tiny_network(tiny_encoder, config)
    before = {name: tensor.clone() for name, tensor in network.trained_state().items()}
    inputs = Inputs.packed([[1, 2, 3]] * 30, [[0] * 3] * 30)
    fourth = TaskData("1d", inputs, [[row % 3] for row in range(30)])  # type: ignore[arg-type]
    losses = train_epoch(
        network,
        {"1d": fourth},  # type: ignore[dict-item]
        network_optimizer(network, config),
        config,
        epoch=0,
        states=KeptStates("none"),
        callback=NullCallback(),
    )
    assert set(losses) == {"1d"}
    changed = {
        name.partition(".")[0]
        for name, tensor in network.trained_state().items()
        if not torch.equal(tensor, before[name])
    }
    assert changed == {"shared", "severity"}


def run_epoch(network: MultiTaskNetwork, config: TrainingConfig, *, epoch: int = 0) -> None:
    train_epoch(
        network,
        {"1a": data("1a", 20)},
        network_optimizer(network, config),
        config,
        epoch=epoch,
        states=KeptStates("none"),
        callback=NullCallback(),
    )


def test_the_learning_rate_follows_the_schedule_over_all_epochs(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    factors: list[float] = []
    monkeypatch.setattr("training.loop.algorithm1.backward", lambda *_: torch.zeros(()))
    monkeypatch.setattr(
        "training.loop.algorithm1.set_learning_rates", lambda _, factor: factors.append(factor)
    )
    config = replace(CONFIG, batch_size_1a=5, epochs=3, warmup=0.25, schedule="linear")
    for epoch in range(3):
        run_epoch(network, config, epoch=epoch)
    assert factors == [rate_factor(step, 12, warmup=0.25, schedule="linear") for step in range(12)]


def test_dropout_depends_on_the_seed_and_the_epoch_only(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []

    def backward(*_: object) -> torch.Tensor:
        drawn.append(torch.rand(()).item())
        return torch.zeros(())

    monkeypatch.setattr("training.loop.algorithm1.backward", backward)
    for seed, epoch in ((1, 0), (1, 0), (1, 1), (2, 0)):
        torch.manual_seed(len(drawn))
        run_epoch(network, replace(CONFIG, seed=seed, batch_size_1a=20), epoch=epoch)
    first, again, next_epoch, other_seed = drawn
    assert first == again
    assert len({first, next_epoch, other_seed}) == 3


def test_a_step_without_memory_names_settings_of_half_the_size(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backward(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("training.loop.algorithm1.backward", backward)
    config = replace(CONFIG, batch_size_1a=10, max_tokens=64)
    with pytest.raises(RunError, match=r"10 texts of up to 3 tokens.*batch-size-1a=5\).*max-tokens=32\)"):
        run_epoch(network, config)
    with pytest.raises(RunError, match=r"batch-size-1a=1\)"):
        run_epoch(network, replace(config, batch_size_1a=1))
