"""The network: a trunk that never moves, shared layers, three heads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.encoder import load_encoder
from models.network import MultiTaskNetwork, span_mask
from models.tokenization import TokenBatch, TweetTokenizer, pad
from tests.tiny import Layout

TEXTS = ["zoloft gives me nausea", "hello you", "so"]


def network_on(checkpoint: Path, **options: object) -> tuple[MultiTaskNetwork, TokenBatch]:
    encoder = load_encoder(str(checkpoint))
    arguments = {"frozen_layers": 2, "ptids": 5, **options}
    network = MultiTaskNetwork(encoder.model, **arguments)  # type: ignore[arg-type]
    return network, pad(TweetTokenizer(encoder.tokenizer, 32).encode(TEXTS), range(len(TEXTS)))


def states_of(network: MultiTaskNetwork, batch: TokenBatch) -> torch.Tensor:
    trunk = network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    return network.shared_states(trunk, batch.attention_mask)


def test_trunk_and_shared_layers_together_are_the_encoder(checkpoints: dict[Layout, Path]) -> None:
    network, batch = network_on(checkpoints["safetensors"])
    reference = load_encoder(str(checkpoints["safetensors"])).model
    with torch.no_grad():
        wanted = reference(batch.input_ids, attention_mask=batch.attention_mask).last_hidden_state
        found = states_of(network.eval(), batch)
    visible = batch.attention_mask.bool()
    assert torch.allclose(found[visible], wanted[visible], atol=1e-5)


def test_the_heads_have_the_shapes_that_they_promise(checkpoints: dict[Layout, Path]) -> None:
    network, batch = network_on(checkpoints["safetensors"])
    states = states_of(network, batch)
    tokens = batch.input_ids.shape[1]
    assert states.shape == (3, tokens, 32)
    assert network.classify(states).shape == (3, 2)
    assert network.extract(states).shape == (3, tokens, 2)
    assert network.normalize(states, batch.attention_mask).shape == (3, 5)


def test_a_training_step_moves_what_a_bundle_stores_and_nothing_else(
    checkpoints: dict[Layout, Path],
) -> None:
    network, batch = network_on(checkpoints["safetensors"])
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    states = states_of(network.train(), batch)
    loss = sum(
        logits.square().mean()
        for logits in (
            network.classify(states),
            network.extract(states),
            network.normalize(states, batch.attention_mask),
        )
    )
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    torch.optim.SGD(network.parameters(), lr=1.0).step()
    moved = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved <= network.trained_state().keys()
    assert {"classifier.weight", "extractor.weight", "normalizer.weight"} <= moved
    assert any(name.startswith("shared.") for name in moved)


def test_the_trunk_is_deterministic_in_training_and_the_shared_layers_drop_out(
    checkpoints: dict[Layout, Path],
) -> None:
    network, batch = network_on(checkpoints["safetensors"])
    network.train()
    inputs = (batch.input_ids, batch.attention_mask, batch.token_type_ids)
    first, second = network.trunk_states(*inputs), network.trunk_states(*inputs)
    assert torch.equal(first, second)
    assert not first.requires_grad
    again = [network.shared_states(first, batch.attention_mask) for _ in range(2)]
    assert not torch.equal(*again)


def test_padding_changes_nothing(checkpoints: dict[Layout, Path]) -> None:
    network, batch = network_on(checkpoints["safetensors"], pooling="mean")
    network.eval()
    encoder = load_encoder(str(checkpoints["safetensors"]))
    with torch.no_grad():
        together = network.normalize(states_of(network, batch), batch.attention_mask)
        for row, text in enumerate(TEXTS):
            one = pad(TweetTokenizer(encoder.tokenizer, 32).encode([text]), [0])
            alone = network.normalize(states_of(network, one), one.attention_mask)
            assert torch.allclose(alone[0], together[row], atol=1e-5)


@pytest.mark.parametrize(("pooling", "reads_all"), [("cls", False), ("mean", True)])
def test_pooling_decides_what_the_normalizer_reads(
    checkpoints: dict[Layout, Path], pooling: str, reads_all: bool
) -> None:
    network, batch = network_on(checkpoints["safetensors"], pooling=pooling)
    network.eval()
    with torch.no_grad():
        states = states_of(network, batch)
        changed = states.clone()
        changed[:, 1] += 1
        same = torch.equal(
            network.normalize(states, batch.attention_mask), network.normalize(changed, batch.attention_mask)
        )
    assert same != reads_all


def test_the_span_mask_leaves_out_tweet_and_padding() -> None:
    attention = torch.tensor([[1, 1, 1, 1, 1, 0]])
    types = torch.tensor([[0, 0, 0, 1, 1, 0]])
    assert span_mask(attention, types).tolist() == [[1, 1, 1, 0, 0, 0]]


def test_the_trained_state_goes_round(checkpoints: dict[Layout, Path]) -> None:
    network, _ = network_on(checkpoints["safetensors"])
    other, _ = network_on(checkpoints["safetensors"])
    other.load_trained_state(network.trained_state())
    for name, tensor in other.trained_state().items():
        assert torch.equal(tensor, network.trained_state()[name])


def test_a_trained_state_that_does_not_fit_is_told(checkpoints: dict[Layout, Path]) -> None:
    network, _ = network_on(checkpoints["safetensors"])
    state = network.trained_state()
    wrong = {**state, "classifier.bias": torch.zeros(3), "surplus": torch.zeros(1)}
    del wrong["extractor.bias"]
    with pytest.raises(ValueError, match=r"extractor\.bias.*surplus.*classifier\.bias"):
        network.load_trained_state(wrong)


@pytest.mark.parametrize("frozen", [-1, 4])
def test_a_trunk_longer_than_the_encoder_is_refused(checkpoints: dict[Layout, Path], frozen: int) -> None:
    with pytest.raises(ValueError, match="3 layers"):
        network_on(checkpoints["safetensors"], frozen_layers=frozen)


def test_all_layers_may_be_frozen(checkpoints: dict[Layout, Path]) -> None:
    network, batch = network_on(checkpoints["safetensors"], frozen_layers=3)
    assert all(not name.startswith("shared.") for name in network.trained_state())
    assert states_of(network, batch).shape[-1] == 32
