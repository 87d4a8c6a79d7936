"""The settings of Algorithm 1: bounds, and how frozen layers are counted."""

import pytest
import torch

from models.network import TASKS
from training.errors import RunError
from training.loop.config import TrainingConfig


@pytest.mark.parametrize(
    "change",
    [{"epochs": 0}, {"learning_rate": 0.0}, {"dropout": 1.0}, {"layer_decay": 0.0}, {"max_tokens": 4}],
)
def test_values_out_of_range_are_refused_by_name(change: dict[str, float]) -> None:
    with pytest.raises(RunError, match=next(iter(change)).replace("_", "-")):
        TrainingConfig(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("setting", "layers", "frozen"), [(-1, 12, 11), (-1, 6, 5), (0, 6, 0), (3, 3, 3)])
def test_frozen_layers_count_from_the_bottom_or_the_top(setting: int, layers: int, frozen: int) -> None:
    assert TrainingConfig(frozen_layers=setting).count_frozen(layers) == frozen


@pytest.mark.parametrize("setting", [-7, 7])
def test_more_layers_than_the_encoder_has_cannot_be_frozen(setting: int) -> None:
    with pytest.raises(RunError, match="frozen-layers"):
        TrainingConfig(frozen_layers=setting).count_frozen(6)


def test_each_task_has_a_batch_size() -> None:
    config = TrainingConfig(batch_size_1a=1, batch_size_1b=2, batch_size_1c=3)
    assert [config.batch_size(task) for task in TASKS] == [1, 2, 3]
    for task in TASKS:
        with pytest.raises(RunError, match=f"batch-size-{task} is 0"):
            TrainingConfig(**{f"batch_size_{task}": 0})


def test_the_largest_seed_seeds_a_torch_generator() -> None:
    assert TrainingConfig(seed=2**32 - 1).seed == 2**32 - 1
    torch.Generator().manual_seed((2**32 - 1) * 100_003 + 10**6)  # as an epoch does
