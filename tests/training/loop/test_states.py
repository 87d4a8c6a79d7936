"""Kept states equal those of the trunk, and each is computed once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.encoder import TokenBatch
from models.network import MultiTaskNetwork
from tests.tiny import write_checkpoint
from tests.training.loop.tiny_states import assert_same_states, computed_states, kept_states
from tests.training.loop.tiny_training import (
    CONFIG,
    STEADY,
    largest_difference,
    tiny_fit,
    tiny_network,
    tiny_tasks,
)
from training.loop.callbacks import NullCallback
from training.loop.inputs import Inputs
from training.loop.states import KeepIn, KeptStates


@pytest.mark.parametrize("limit", [1 << 30, 3_000, 0])
@pytest.mark.parametrize("keep", ["memory", "disk", "none"])
def test_kept_states_equal_those_of_the_trunk(
    keep: KeepIn, limit: int, network: MultiTaskNetwork, tweets: Inputs, spans: Inputs, tmp_path: Path
) -> None:
    states = kept_states(keep, tmp_path, limit)
    states.plan(network, [spans, tweets], bfloat16=False)
    states.fill(network, NullCallback())
    for rows in ([3], [0, 7, 1, 7], list(range(len(tweets)))):
        assert_same_states(states.states(network, tweets, rows), network, tweets, rows)
    assert_same_states(states.states(network, spans, [2, 0]), network, spans, [2, 0])


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_each_distinct_text_is_computed_once(
    keep: KeepIn,
    network: MultiTaskNetwork,
    tweets: Inputs,
    spans: Inputs,
    tmp_path: Path,
    passes: list[int],
) -> None:
    states = kept_states(keep, tmp_path)
    for _ in range(2):
        states.plan(network, [tweets, spans, tweets], bfloat16=False)
        states.fill(network, NullCallback())
    assert sum(passes) == len({*tweets.keys(), *spans.keys()})
    done = len(passes)
    states.states(network, tweets, range(len(tweets)))
    assert len(passes) == done


def test_states_beyond_the_limit_are_computed_each_time(
    network: MultiTaskNetwork, tweets: Inputs, passes: list[int]
) -> None:
    half = int(tweets.starts[len(tweets) // 4]) * network.hidden_size * 4
    states = KeptStates("memory", limit=half)
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, NullCallback())
    kept = sum(passes)
    assert 0 < kept < len(set(tweets.keys()))
    states.states(network, tweets, range(len(tweets)))
    assert 0 < sum(passes) - kept < len(tweets)


def test_networks_on_the_same_trunk_share_states_and_another_trunk_drops_them(
    network: MultiTaskNetwork, tweets: Inputs, tiny_encoder: Path, tmp_path: Path, passes: list[int]
) -> None:
    states = KeptStates()
    sibling = tiny_network(tiny_encoder, replace(CONFIG, seed=9))
    for user in (network, sibling):
        states.plan(user, [tweets], bfloat16=False)
        states.fill(user, NullCallback())
    assert sum(passes) == len(set(tweets.keys()))
    other = tiny_network(write_checkpoint(tmp_path / "other", seed=3), CONFIG)
    states.plan(other, [tweets], bfloat16=False)
    states.fill(other, NullCallback())
    assert_same_states(states.states(other, tweets, [5]), other, tweets, [5])


def test_states_do_not_depend_on_what_was_trained_before(
    network: MultiTaskNetwork, tweets: Inputs, spans: Inputs
) -> None:
    """A resumed ensemble plans for all its networks, but fills only for the unfinished ones."""
    both, late = KeptStates(), KeptStates()
    for states in (both, late):
        states.plan(network, [spans], bfloat16=False)
        if states is both:
            states.fill(network, NullCallback())
        states.plan(network, [tweets, spans], bfloat16=False)
        states.fill(network, NullCallback())
    rows = range(len(tweets))
    assert torch.equal(both.states(network, tweets, rows), late.states(network, tweets, rows))


def test_embeddings_alone_are_not_kept(
    tiny_encoder: Path, tweets: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    network = tiny_network(tiny_encoder, replace(CONFIG, frozen_layers=0)).eval()
    states = kept_states("disk", tmp_path / "states")
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, NullCallback())
    assert passes == []
    assert not (tmp_path / "states").exists()
    assert_same_states(states.states(network, tweets, [0, 3]), network, tweets, [0, 3])


def test_a_network_uses_kept_states_instead_of_its_trunk(
    network: MultiTaskNetwork, tweets: Inputs, spans: Inputs, passes: list[int]
) -> None:
    states = KeptStates()
    states.plan(network, [tweets], bfloat16=False)
    states.fill(network, NullCallback())
    passes.clear()
    batch, unknown = tweets.batch([0, 5]), spans.batch([0, 1])
    wider = TokenBatch(  # padded beyond the longest
        *(torch.nn.functional.pad(t, (0, 3)) for t in (batch.input_ids, batch.attention_mask)),
        torch.nn.functional.pad(batch.token_type_ids, (0, 3)),
    )
    with states.serving(network):
        kept, padded, fresh = (computed_states(network, b) for b in (batch, wider, unknown))
    assert passes == [2]
    assert padded.shape == (*wider.input_ids.shape, network.hidden_size)
    assert_same_states(kept, network, tweets, [0, 5])
    assert_same_states(padded[:, :-3], network, tweets, [0, 5])
    assert_same_states(fresh, network, spans, [0, 1])


@pytest.mark.parametrize("keep", ["disk", "none"])
def test_a_training_gives_the_same_losses_wherever_states_are_kept(
    keep: KeepIn, tiny_encoder: Path, tmp_path: Path
) -> None:
    _, memory = tiny_fit(tiny_encoder, tmp_path / "memory", STEADY)
    _, other = tiny_fit(tiny_encoder, tmp_path / keep, STEADY, states=kept_states(keep, tmp_path / "states"))
    for actual, expected in zip(memory.history, other.history, strict=True):
        assert actual["losses"] == pytest.approx(expected["losses"], abs=1e-5)
    if keep == "disk":
        assert largest_difference(memory.network, other.network) == 0


def test_states_for_the_validation_are_kept_too(
    tiny_encoder: Path, spans: Inputs, tmp_path: Path, passes: list[int]
) -> None:
    seen = []

    def validate(network: MultiTaskNetwork) -> object:
        before = len(passes)
        computed_states(network, spans.batch([0, 2]))
        seen.append(len(passes) - before)
        from training.loop.multitask_training import Validation

        return Validation({"1a": 0.5})

    tasks = tiny_tasks(tiny_encoder)
    tiny_fit(
        tiny_encoder, tmp_path, replace(STEADY, epochs=2), validate=validate, also_keep=[tasks["1c"].inputs]
    )
    assert seen == [0, 0]
