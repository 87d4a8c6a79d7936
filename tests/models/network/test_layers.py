"""A layer run at [CLS] alone returns the same state there as the whole layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models.network import Architecture, EncoderLayer, position_bias_of, run_layers, run_layers_to_cls
from models.network.layers import mean_over


def bert_layers(
    count: int, *, hidden: int = 32, heads: int = 4, dropout: float = 0.1, buckets: int = 0
) -> nn.ModuleList:
    torch.manual_seed(3)
    architecture = Architecture(
        vocab_size=8,
        hidden_size=hidden,
        num_hidden_layers=max(1, count),
        num_attention_heads=heads,
        intermediate_size=2 * hidden,
        max_position_embeddings=32,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
        pad_token_id=0,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=dropout,
        relative_attention_num_buckets=buckets,
    )
    layers = nn.ModuleList(EncoderLayer(architecture) for _ in range(count))
    for name, parameter in layers.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter, std=0.3)  # biases of zero would hide faults
        elif "LayerNorm" not in name:
            nn.init.normal_(parameter, std=0.2)
    return layers


def ragged(lengths: list[int], hidden: int = 32) -> tuple[Tensor, Tensor]:
    torch.manual_seed(sum(lengths))
    mask = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    return torch.randn(len(lengths), max(lengths), hidden), mask


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    count=st.integers(0, 3),
    buckets=st.sampled_from([0, 32]),
)
def test_the_state_at_cls_is_the_same_as_of_whole_layers(
    lengths: list[int], count: int, buckets: int
) -> None:
    # In fp32, sums in another order differ by more on some CPUs.
    layers = bert_layers(count, buckets=buckets).eval().double()
    states, mask = ragged(lengths)
    bias = position_bias_of(torch.randn(32, 4).double(), max(lengths)) if buckets else None
    with torch.no_grad():
        whole = run_layers(layers, states.double(), mask, bias)[:, 0]
        at_cls = run_layers_to_cls(layers, states.double(), mask, bias)
    torch.testing.assert_close(at_cls, whole, atol=1e-12, rtol=1e-12)


def test_gradients_at_cls_are_the_same_as_of_whole_layers() -> None:
    layers = bert_layers(2).eval().double()
    states, mask = ragged([7, 3, 1])
    gradients: list[dict[str, Tensor]] = []
    for run in (run_layers, run_layers_to_cls):
        inputs = states.double().requires_grad_()
        cls = run(layers, inputs, mask)
        (cls[:, 0] if cls.ndim == 3 else cls).square().sum().backward()
        assert inputs.grad is not None
        by_name = {name: p.grad for name, p in layers.named_parameters() if p.grad is not None}
        gradients.append({**by_name, "states": inputs.grad})
        layers.zero_grad(set_to_none=True)
    whole, alone = gradients
    # The keys' bias changes no attention weight: its gradient is only rounding.
    unread = whole.keys() - alone.keys()
    assert unread == {"1.attention.self.key.bias"}
    assert whole["1.attention.self.key.bias"].abs().max() < 1e-12
    for name, gradient in alone.items():
        assert torch.allclose(gradient, whole[name], atol=1e-9), name


def test_every_dropout_of_a_layer_can_be_turned_off() -> None:
    """`layer-dropout` sets them all; one that it missed would go on during training."""
    layers = bert_layers(2, dropout=0.5)
    states, mask = ragged([5, 7])
    expected = run_layers(layers.eval(), states, mask)
    for part in layers.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    layers.train()
    assert torch.equal(run_layers(layers, states, mask), expected)
    at_cls = run_layers_to_cls(layers, states, mask)
    assert torch.allclose(at_cls, expected[:, 0], atol=1e-5)


def test_dropout_of_attention_has_the_same_distribution_as_in_whole_layers() -> None:
    layers = bert_layers(1, dropout=0.4).train()
    states, mask = ragged([6] * 4_000)
    states = states[:1].expand(4_000, -1, -1)
    with torch.no_grad():
        whole = run_layers(layers, states, mask)[:, 0]
        alone = run_layers_to_cls(layers, states, mask)
    assert len(alone[:, 0].unique()) > 100
    # Mean and spread over many draws, to a few of their standard errors.
    assert torch.allclose(alone.mean(0), whole.mean(0), atol=0.1)
    assert torch.allclose(alone.std(0), whole.std(0), rtol=0.2, atol=0.02)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_errors_in_bfloat16_are_no_larger_than_those_of_whole_layers(dtype: torch.dtype) -> None:
    layers = bert_layers(2).eval()
    states, mask = ragged([9, 4, 1])
    with torch.no_grad():
        exact = run_layers(layers, states, mask)[:, 0]
        with torch.autocast("cpu", torch.bfloat16):
            whole = run_layers(layers, states.to(dtype), mask)[:, 0].float()
            alone = run_layers_to_cls(layers, states.to(dtype), mask).float()
    assert (alone - exact).abs().mean() < 1.5 * (whole - exact).abs().mean()


@pytest.mark.gpu
def test_the_state_at_cls_is_the_same_on_a_gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    layers = bert_layers(2).eval()
    states, mask = ragged([9, 4])
    with torch.no_grad():
        on_cpu = run_layers_to_cls(layers, states, mask)
        on_gpu = run_layers_to_cls(layers.cuda(), states.cuda(), mask.cuda()).cpu()
    assert torch.allclose(on_cpu, on_gpu, atol=1e-4)


@pytest.mark.parametrize("run", [run_layers, run_layers_to_cls])
def test_a_missing_position_bias_is_an_error(run: Callable[..., Tensor]) -> None:
    states, mask = ragged([3])
    with pytest.raises(ValueError, match="position_bias"):
        run(bert_layers(1, buckets=32), states, mask)


class Adapted(nn.Module):
    """A linear layer with something added to its product, as adapters do that wrap it."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, states: Tensor) -> Tensor:
        added: Tensor = self.linear(states) + states
        return added


@pytest.mark.parametrize("name", ["query", "key", "value"])
def test_the_state_at_cls_has_what_adapters_add(name: str) -> None:
    layers = bert_layers(2).eval()
    states, mask = ragged([5, 2])
    with torch.no_grad():
        plain = run_layers_to_cls(layers, states, mask)
        attention = cast(EncoderLayer, layers[-1]).attention.self
        setattr(attention, name, Adapted(getattr(attention, name)))
        adapted = run_layers_to_cls(layers, states, mask)
        torch.testing.assert_close(adapted, run_layers(layers, states, mask)[:, 0], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(adapted, plain, atol=1e-3)


def test_the_mean_leaves_out_padding() -> None:
    states = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [9.0, 9.0]], [[4.0, 8.0], [9.0, 9.0], [9.0, 9.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 0, 0]])
    assert mean_over(states, mask).tolist() == [[2.0, 4.0], [4.0, 8.0]]


def test_the_mean_of_no_tokens_is_zero() -> None:
    assert mean_over(torch.ones(1, 2, 3), torch.zeros(1, 2)).tolist() == [[0.0, 0.0, 0.0]]
