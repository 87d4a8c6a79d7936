"""Kept states in files: a later run loads them; wrong or incomplete files are never used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.network import MultiTaskNetwork
from tests.tiny import write_checkpoint
from tests.training.loop.tiny_states import assert_same_states, computed_states, kept_states
from tests.training.loop.tiny_training import CONFIG, tiny_network
from training.errors import RunError
from training.loop.callbacks import NullCallback
from training.loop.inputs import Inputs


def test_a_later_run_loads_the_files_of_an_earlier_one(
    network: MultiTaskNetwork, tweets: Inputs, spans: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    for planned in (tweets, tweets, spans):
        states = kept_states("disk", tmp_path)
        states.plan(network, [planned], bfloat16=False)
        states.fill(network, NullCallback())
        assert_same_states(states.states(network, planned, [1, 0]), network, planned, [1, 0])
    assert sum(passes) - 3 * 2 == len(set(tweets.keys())) + len(set(spans.keys()))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("change", ["trunk", "dtype", "layers", "short"])
def test_files_of_other_states_are_not_used(
    change: str, network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    states = kept_states("disk", tmp_path / "states")
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, NullCallback())
    [file] = (tmp_path / "states").iterdir()
    passes.clear()
    if change == "short":
        file.write_bytes(file.read_bytes()[:-1])
    seed, frozen = int(change == "trunk"), 1 if change == "layers" else -1
    encoder = write_checkpoint(tmp_path / "other", seed=seed)
    other = tiny_network(encoder, replace(CONFIG, frozen_layers=frozen)).eval()
    states = kept_states("disk", tmp_path / "states")
    states.plan(other, [tweets], bfloat16=change == "dtype")
    states.fill(other, NullCallback())
    assert sum(passes) == len(set(tweets.keys()))
    if change != "dtype":
        assert_same_states(states.states(other, tweets, [4, 2]), other, tweets, [4, 2])


def test_bfloat16_states_take_half_the_space(
    network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path
) -> None:
    for bfloat16 in (False, True):
        states = kept_states("disk", tmp_path / str(bfloat16))
        states.plan(network, [tweets], bfloat16=bfloat16)
        states.fill(network, NullCallback())
    [whole], [half] = (list((tmp_path / name).iterdir()) for name in ("False", "True"))
    assert whole.stat().st_size == 2 * half.stat().st_size
    rows = list(range(len(tweets)))
    batch = tweets.batch(rows)
    real = batch.attention_mask.bool()
    kept = states.states(network, tweets, rows)[real]
    torch.testing.assert_close(kept, computed_states(network, batch)[real], atol=0.1, rtol=0.1)


def test_a_folder_that_cannot_be_written_is_an_error_with_its_option(
    network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    states = kept_states("disk", tmp_path / "file")
    states.plan(network, [tweets], bfloat16=False)
    with pytest.raises(RunError, match="--keep-states"):
        states.fill(network, NullCallback())


def test_an_interrupted_run_leaves_no_file_that_looks_complete(
    network: MultiTaskNetwork, tweets: Inputs, tmp_path: Path
) -> None:
    class Interrupt(NullCallback):
        def on_states_computed(self, done: int, total: int) -> None:
            raise KeyboardInterrupt

    states = kept_states("disk", tmp_path)
    states.plan(network, [tweets], bfloat16=False)
    with pytest.raises(KeyboardInterrupt):
        states.fill(network, Interrupt())
    assert not list(tmp_path.glob("*.states"))
    again = kept_states("disk", tmp_path)
    again.plan(network, [tweets], bfloat16=False)
    again.fill(network, NullCallback())
    assert_same_states(again.states(network, tweets, [1]), network, tweets, [1])
    assert [path.suffix for path in tmp_path.iterdir()] == [".states"]
