"""The multi-task network: a trunk that training never changes, shared layers, and the heads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.encoder import TokenBatch, TweetTokenizer, load_encoder
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER, MultiTaskNetwork, run_layers
from tests.padding import pad
from tests.tiny import Layout

TEXTS = ["zoloft gives me nausea", "hello you", "so"]


def network_on(checkpoint: Path, **options: object) -> tuple[MultiTaskNetwork, TokenBatch]:
    encoder = load_encoder(str(checkpoint))
    arguments = {"frozen_layers": 2, "ptids": 5, **options}
    network = MultiTaskNetwork(encoder.model, **arguments)  # type: ignore[arg-type]
    return network, pad(TweetTokenizer(encoder.tokenizer, 32).encode(TEXTS))


def trunk_of(network: MultiTaskNetwork, batch: TokenBatch) -> torch.Tensor:
    return network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)


@pytest.mark.parametrize("frozen", [0, 2, 3])
def test_trunk_and_shared_layers_together_are_the_encoder(
    checkpoints: dict[Layout, Path], frozen: int
) -> None:
    network, batch = network_on(checkpoints["safetensors"], frozen_layers=frozen)
    reference = load_encoder(str(checkpoints["safetensors"])).model
    with torch.no_grad():
        expected = reference(batch.input_ids, batch.attention_mask)
        states = run_layers(network.eval().shared, trunk_of(network, batch), batch.attention_mask)
    visible = batch.attention_mask.bool()
    assert torch.allclose(states[visible], expected[visible], atol=1e-5)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("frozen", [0, 2, 3])
def test_the_heads_read_the_states_of_the_whole_encoder(
    checkpoints: dict[Layout, Path], pooling: str, frozen: int
) -> None:
    network, batch = network_on(checkpoints["safetensors"], pooling=pooling, frozen_layers=frozen)
    reference = load_encoder(str(checkpoints["safetensors"])).model
    mask = batch.attention_mask
    with torch.no_grad():
        states = reference(batch.input_ids, mask)
        trunk = trunk_of(network.eval(), batch)
        classes = network.logits(CLASSIFIER, trunk, mask)
        tags = network.logits(EXTRACTOR, trunk, mask)
        terms = network.logits(NORMALIZER, trunk, mask, mask)
        mean = (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
        pooled = states[:, 0] if pooling == "cls" else mean
        assert torch.allclose(classes, network.classifier(states[:, 0]), atol=1e-5)
        assert torch.allclose(tags[mask.bool()], network.extractor(states)[mask.bool()], atol=1e-5)
        assert torch.allclose(terms, network.normalizer(pooled), atol=1e-5)
    assert (classes.shape, tags.shape, terms.shape) == ((3, 2), (3, mask.shape[1], 2), (3, 5))


def test_a_training_step_changes_only_what_a_bundle_stores(
    checkpoints: dict[Layout, Path],
) -> None:
    network, batch = network_on(checkpoints["safetensors"])
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    trunk, mask = trunk_of(network.train(), batch), batch.attention_mask
    loss = sum(
        logits.square().mean()
        for logits in (
            network.logits(CLASSIFIER, trunk, mask),
            network.logits(EXTRACTOR, trunk, mask),
            network.logits(NORMALIZER, trunk, mask, mask),
        )
    )
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    torch.optim.SGD(network.parameters(), lr=1.0).step()
    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed <= network.trained_state().keys()
    assert {"classifier.weight", "extractor.weight", "normalizer.weight"} <= changed
    assert any(name.startswith("shared.") for name in changed)


def test_in_training_the_trunk_is_deterministic_and_the_shared_layers_drop_out(
    checkpoints: dict[Layout, Path],
) -> None:
    network, batch = network_on(checkpoints["safetensors"], dropout=0.0)
    network.train()
    first, second = trunk_of(network, batch), trunk_of(network, batch)
    assert torch.equal(first, second)
    assert not first.requires_grad
    mask = batch.attention_mask
    for repeated in (
        [network.logits(CLASSIFIER, first, mask) for _ in range(2)],
        [network.logits(EXTRACTOR, first, mask) for _ in range(2)],
    ):
        assert not torch.equal(*repeated)


def test_the_two_parts_of_the_trunk_return_gradients_of_the_embeddings(
    checkpoints: dict[Layout, Path],
) -> None:
    network, batch = network_on(checkpoints["safetensors"])
    embedded = network.embed(batch.input_ids, batch.token_type_ids)
    assert not embedded.requires_grad
    states = network.trunk_from(embedded.requires_grad_(), batch.attention_mask)
    assert torch.equal(states, trunk_of(network, batch))
    network.logits(CLASSIFIER, states, batch.attention_mask).sum().backward()
    assert embedded.grad is not None
    assert embedded.grad[0].abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.trunk.parameters())


def test_padding_does_not_change_the_outputs(checkpoints: dict[Layout, Path]) -> None:
    network, batch = network_on(checkpoints["safetensors"], pooling="mean")
    network.eval()
    encoder = load_encoder(str(checkpoints["safetensors"]))

    def outputs(inputs: TokenBatch) -> tuple[torch.Tensor, torch.Tensor]:
        trunk, mask = trunk_of(network, inputs), inputs.attention_mask
        return network.logits(CLASSIFIER, trunk, mask), network.logits(NORMALIZER, trunk, mask, mask)

    with torch.no_grad():
        together = outputs(batch)
        for row, text in enumerate(TEXTS):
            single = pad(TweetTokenizer(encoder.tokenizer, 32).encode([text]))
            for alone, among in zip(outputs(single), together, strict=True):
                assert torch.allclose(alone[0], among[row], atol=1e-5)


@pytest.mark.parametrize(("pooling", "reads_all"), [("cls", False), ("mean", True)])
def test_pooling_decides_what_the_normalizer_reads(
    checkpoints: dict[Layout, Path], pooling: str, reads_all: bool
) -> None:
    network, batch = network_on(checkpoints["safetensors"], pooling=pooling, frozen_layers=3)
    network.eval()
    mask = batch.attention_mask
    with torch.no_grad():
        states = trunk_of(network, batch)
        changed = states.clone()
        changed[:, 1] += 1
        same = torch.equal(
            network.logits(NORMALIZER, states, mask, mask), network.logits(NORMALIZER, changed, mask, mask)
        )
    assert same != reads_all


def test_kept_states_replace_those_of_the_trunk(checkpoints: dict[Layout, Path]) -> None:
    network, batch = network_on(checkpoints["safetensors"])
    calls: list[tuple[torch.Tensor, ...]] = []

    def kept_states(*inputs: torch.Tensor) -> torch.Tensor:
        calls.append(inputs)
        return torch.ones(1)

    network.kept_states = kept_states
    assert trunk_of(network, batch).tolist() == [1.0]
    [inputs] = calls
    expected = (batch.input_ids, batch.attention_mask, batch.token_type_ids)
    assert all(torch.equal(*pair) for pair in zip(inputs, expected, strict=True))


@pytest.mark.parametrize("classifiers", [1, 3])
def test_a_trained_state_can_be_loaded(checkpoints: dict[Layout, Path], classifiers: int) -> None:
    network, _ = network_on(checkpoints["safetensors"], classifiers=classifiers)
    other, _ = network_on(checkpoints["safetensors"], classifiers=classifiers)
    other.load_trained_state(network.trained_state())
    for name, tensor in other.trained_state().items():
        assert torch.equal(tensor, network.trained_state()[name])


def test_each_mismatch_of_a_trained_state_is_named(checkpoints: dict[Layout, Path]) -> None:
    network, _ = network_on(checkpoints["safetensors"])
    state = network.trained_state()
    wrong = {**state, "classifier.bias": torch.zeros(3), "surplus": torch.zeros(1)}
    del wrong["extractor.bias"]
    with pytest.raises(ValueError, match=r"extractor\.bias.*surplus.*classifier\.bias"):
        network.load_trained_state(wrong)


@pytest.mark.parametrize("frozen", [-1, 4])
def test_invalid_numbers_of_frozen_layers_are_refused(checkpoints: dict[Layout, Path], frozen: int) -> None:
    with pytest.raises(ValueError, match="3 layers"):
        network_on(checkpoints["safetensors"], frozen_layers=frozen)


def test_all_layers_may_be_frozen(checkpoints: dict[Layout, Path]) -> None:
    network, _ = network_on(checkpoints["safetensors"], frozen_layers=3, classifiers=2)
    assert set(network.trained_state()) == {
        f"{head}.{part}"
        for head in ("classifier", "extractor", "normalizer", "members.0.classifier")
        for part in ("weight", "bias")
    }


def test_mean_pooling_without_a_span_mask_is_refused(checkpoints: dict[Layout, Path]) -> None:
    network, batch = network_on(checkpoints["safetensors"], pooling="mean")
    states = trunk_of(network, batch)
    with pytest.raises(ValueError, match="span_mask"):
        network.logits(NORMALIZER, states, batch.attention_mask)
