"""A loss after a lower layer: what it trains, what is left of it, and which layers it may follow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.network import MultiTaskNetwork, Task
from tests.training.loop.test_adapted_layers import ADAPTED, fit
from tests.training.loop.tiny_training import (
    CONFIG,
    STEADY,
    KilledError,
    Recorder,
    largest_difference,
    tiny_fit,
    tiny_network,
    tiny_tasks,
)
from training.errors import RunError
from training.loop.adapted_layers import adapter_tensors
from training.loop.algorithm1 import train_epoch
from training.loop.callbacks import NullCallback
from training.loop.config import TrainingConfig
from training.loop.exit_supervision import WEIGHT, ExitSupervision, exit_supervision
from training.loop.objective import backward, mini_batch_share, task_class_weights, task_loss
from training.loop.optimization import network_optimizer
from training.loop.processes import Processes
from training.loop.soft_targets import SoftTargets, binary_distribution
from training.loop.states import KeptStates
from training.loop.task_data import TaskData

SUPERVISED = replace(CONFIG, frozen_layers=0, exit_layer=1)
WITHOUT_DROPOUT = replace(STEADY, frozen_layers=0, exit_layer=1)


@pytest.fixture(scope="module")
def tasks(tiny_encoder: Path) -> dict[Task, TaskData]:
    return tiny_tasks(tiny_encoder)


def with_exit(
    checkpoint: Path, config: TrainingConfig = WITHOUT_DROPOUT
) -> tuple[MultiTaskNetwork, ExitSupervision]:
    """Return a network and its supervision in eval mode, which predicts more than one half everywhere."""
    network = tiny_network(checkpoint, config).eval()
    supervision = exit_supervision(network, config)
    assert supervision is not None
    torch.nn.init.normal_(supervision.linear.weight, generator=torch.Generator().manual_seed(3))
    return network, supervision.eval()


def loss_of(
    network: MultiTaskNetwork, data: TaskData, supervision: ExitSupervision | None, config: TrainingConfig
) -> torch.Tensor:
    """Return the loss of the first seven rows."""
    rows, weights = list(range(7)), task_class_weights(data, config)
    share = mini_batch_share(data, rows, rows, weights, config)
    batch = share.inputs
    trunk = network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    return task_loss(network, share, trunk, weights, config, supervision)


def test_an_untrained_head_adds_the_loss_of_a_guess_to_subtask_1a_alone(
    tiny_encoder: Path, tasks: dict[Task, TaskData]
) -> None:
    network = tiny_network(tiny_encoder, WITHOUT_DROPOUT).eval()
    supervision = exit_supervision(network, WITHOUT_DROPOUT)
    assert supervision is not None
    for task, data in tasks.items():
        alone = loss_of(network, data, None, WITHOUT_DROPOUT)
        both = loss_of(network, data, supervision.eval(), WITHOUT_DROPOUT)
        guess = WEIGHT * torch.tensor(2.0).log() if task == "1a" else torch.tensor(0.0)
        torch.testing.assert_close(both - alone, guess, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("layer", [1, 2])
def test_the_loss_reaches_the_layers_below_and_none_above(
    layer: int, tiny_encoder: Path, tasks: dict[Task, TaskData]
) -> None:
    config = replace(WITHOUT_DROPOUT, exit_layer=layer)
    network, supervision = with_exit(tiny_encoder, config)
    gradients = []
    for head in (None, supervision):
        network.zero_grad()
        loss_of(network, tasks["1a"], head, config).backward()
        gradients.append([p.grad.clone() for p in network.shared.parameters() if p.grad is not None])
    names = [name for name, p in network.shared.named_parameters() if p.grad is not None]
    changed = {
        name.partition(".")[0]
        for name, before, after in zip(names, *gradients, strict=True)
        if not torch.allclose(before, after, atol=1e-6)
    }
    assert changed == {str(number) for number in range(layer)}
    assert supervision.linear.weight.grad is not None


def test_soft_targets_teach_the_lower_layer_too(tiny_encoder: Path, tasks: dict[Task, TaskData]) -> None:
    network, supervision = with_exit(tiny_encoder)
    losses = []
    for log_odds in (-6.0, 6.0):
        soft = SoftTargets.of([[binary_distribution(log_odds)]] * len(tasks["1a"]))
        data = replace(tasks["1a"], soft=soft)
        both = loss_of(network, data, supervision, WITHOUT_DROPOUT)
        losses.append((both - loss_of(network, data, None, WITHOUT_DROPOUT)).item())
    assert abs(losses[0] - losses[1]) > 0.1


@pytest.mark.parametrize("count", [2, 12])
def test_the_shares_of_processes_sum_to_the_whole_mini_batch(
    count: int, tiny_encoder: Path, tasks: dict[Task, TaskData]
) -> None:
    network, supervision = with_exit(tiny_encoder)
    data, weights = tasks["1a"], task_class_weights(tasks["1a"], WITHOUT_DROPOUT)

    def run(processes: int) -> tuple[float, dict[str, torch.Tensor]]:
        losses = [
            backward(
                network,
                data,
                list(range(7)),
                weights,
                KeptStates("none"),
                WITHOUT_DROPOUT,
                Processes(torch.device("cpu"), rank, processes),
                supervision,
            )
            for rank in range(processes)
        ]
        gradients: dict[str, torch.Tensor] = {}
        for part in (network, supervision):
            gradients |= {n: p.grad.clone() for n, p in part.named_parameters() if p.grad is not None}
            part.zero_grad()
        return float(sum(losses)), gradients

    (expected_loss, expected), (loss, gradients) = run(1), run(count)
    assert loss == pytest.approx(expected_loss, abs=1e-5)
    assert largest_difference(gradients, expected) < 1e-4


def test_a_training_lowers_the_loss_at_the_exit(tiny_encoder: Path, tasks: dict[Task, TaskData]) -> None:
    config = replace(WITHOUT_DROPOUT, learning_rate=3e-3, head_learning_rate=3e-3)
    network = tiny_network(tiny_encoder, config)
    supervision = exit_supervision(network, config)
    assert supervision is not None

    def at_exit() -> float:
        both = loss_of(network.eval(), tasks["1a"], supervision.eval(), config)
        return (both - loss_of(network, tasks["1a"], None, config)).item()

    before, optimizer = at_exit(), network_optimizer(network, config, supervision)
    for epoch in range(8):
        train_epoch(
            network,
            {"1a": tasks["1a"]},
            optimizer,
            config,
            epoch=epoch,
            states=KeptStates("none"),
            callback=NullCallback(),
            supervision=supervision,
        )
    assert at_exit() < 0.8 * before


def test_dropout_is_active_in_the_head(tiny_encoder: Path, tasks: dict[Task, TaskData]) -> None:
    """Its layer is a copy of one that was in eval mode."""
    config = replace(WITHOUT_DROPOUT, layer_dropout=0.25)
    network, supervision = with_exit(tiny_encoder, config)
    train_epoch(
        network,
        {"1a": tasks["1a"]},
        network_optimizer(network, config, supervision),
        config,
        epoch=0,
        states=KeptStates("none"),
        callback=NullCallback(),
        supervision=supervision,
    )
    assert all(part.training for part in supervision.modules())
    rates = {part.p for part in supervision.modules() if isinstance(part, torch.nn.Dropout)}
    assert rates == {0.25}


def test_an_interrupted_training_resumes_to_the_same_weights(tiny_encoder: Path, tmp_path: Path) -> None:
    whole, state = tiny_fit(tiny_encoder, tmp_path / "whole", SUPERVISED)
    with pytest.raises(KilledError):
        tiny_fit(tiny_encoder, tmp_path / "killed", SUPERVISED, callback=Recorder(kill_in=1))
    resumed, resumed_state = tiny_fit(tiny_encoder, tmp_path / "killed", SUPERVISED)
    assert largest_difference(whole.trained_state(), resumed.trained_state()) == 0
    assert largest_difference(state.network, resumed_state.network) == 0
    again, _ = tiny_fit(tiny_encoder, tmp_path / "whole", SUPERVISED)
    assert largest_difference(whole.trained_state(), again.trained_state()) == 0


def test_the_network_holds_nothing_of_the_head(tiny_encoder: Path, tmp_path: Path) -> None:
    network, state = tiny_fit(tiny_encoder, tmp_path / "exit", SUPERVISED)
    plain, _ = tiny_fit(tiny_encoder, tmp_path / "plain", replace(SUPERVISED, exit_layer=0))
    assert network.state_dict().keys() == plain.state_dict().keys()
    assert network.weights().tensors.keys() == plain.weights().tensors.keys()
    assert largest_difference(network.trained_state(), plain.trained_state()) > 0
    assert {name for name in state.network if name.startswith("exit.")}


def test_adapters_learn_at_the_exit_and_resume(tiny_encoder: Path, tmp_path: Path) -> None:
    config = replace(ADAPTED, exit_layer=2)
    plain, _ = fit(tiny_encoder, tmp_path / "plain")
    whole, state = fit(tiny_encoder, tmp_path / "whole", config)
    with pytest.raises(KilledError):
        fit(tiny_encoder, tmp_path / "killed", config, callback=Recorder(kill_in=1))
    resumed, _ = fit(tiny_encoder, tmp_path / "killed", config)
    assert largest_difference(whole.trained_state(), resumed.trained_state()) == 0
    assert largest_difference(adapter_tensors(whole.shared), adapter_tensors(plain.shared)) > 0
    head = ExitSupervision(whole, 2)
    head.load_state(state.network)
    trained = {name for name, parameter in head.named_parameters() if parameter.requires_grad}
    assert all(".lora_" in name or name.startswith("linear.") for name in trained)


@pytest.mark.parametrize(
    ("frozen", "layer", "advice"),
    [(0, 3, "1 to 2"), (1, 1, "choose 2"), (0, 7, "1 to 2"), (-1, 2, "frozen-layers=0")],
)
def test_layers_that_no_exit_can_follow_are_refused_with_advice(
    frozen: int, layer: int, advice: str, tiny_encoder: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, frozen_layers=frozen, exit_layer=layer)
    with pytest.raises(RunError, match=advice):
        tiny_fit(tiny_encoder, tmp_path, config)
    assert not list(tmp_path.iterdir())


def test_a_negative_layer_is_refused() -> None:
    with pytest.raises(RunError, match="exit-layer"):
        replace(CONFIG, exit_layer=-1)
