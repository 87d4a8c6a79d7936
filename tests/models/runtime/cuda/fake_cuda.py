"""The parts of `torch.cuda` that the engine uses, imitated on the CPU so that mistakes in their use show.

A captured graph is a recording of operations. A replay runs them again on the same tensors, into the same
tensors. No Python code runs then: whatever was computed from numbers of the host does not change.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models.runtime import gemm
from models.runtime.cuda import gpu_attention


class FakeStream:
    """A stream that records what it waited for."""

    current: FakeStream | None = None

    def __init__(self, device: object = None) -> None:
        self.awaited: list[FakeStream | None] = []

    def wait_stream(self, stream: FakeStream | None) -> None:
        """Record the stream."""
        self.awaited.append(stream)


class FakeEvent:
    """An event that must be recorded before a thread waits for it."""

    def __init__(self, *, blocking: bool) -> None:
        self._recorded = False

    def record(self, stream: FakeStream) -> None:
        """Mark the event as recorded."""
        self._recorded = True

    def synchronize(self) -> None:
        """Check that the event was recorded."""
        assert self._recorded
        self._recorded = False


class FakeGraph:
    """A recording of operations."""

    def __init__(self) -> None:
        self.operations: list[tuple[Any, Any, Any, Any]] = []
        self.outputs: dict[int, Tensor] = {}  # by address of their storage, without views of inputs

    def replay(self) -> None:
        """Run the operations again, and write their results to where they were the first time."""
        for operation, arguments, named, results in self.operations:
            new_results = operation(*arguments, **named)
            for old, new in zip(tree_leaves(results), tree_leaves(new_results), strict=True):
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


class _Recording(TorchDispatchMode):
    def __init__(self, graph: FakeGraph) -> None:
        super().__init__()
        self._graph = graph

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        results = func(*args, **(kwargs or {}))
        graph, inputs = self._graph, _by_address([args, kwargs])
        graph.operations.append((func, args, kwargs or {}, results))
        outputs = _by_address(results)
        graph.outputs |= {address: outputs[address] for address in outputs.keys() - inputs.keys()}
        return results


def _by_address(values: Any) -> dict[int, Tensor]:
    tensors = [value for value in tree_leaves(values) if isinstance(value, Tensor)]
    return {tensor.untyped_storage().data_ptr(): tensor for tensor in tensors}


@contextmanager
def _capturing(graph: FakeGraph, pool: object, stream: FakeStream) -> Iterator[None]:
    assert pool is not None
    with _Recording(graph):
        yield
    for output in graph.outputs.values():
        output.fill_(torch.nan)  # a capture computes nothing


@contextmanager
def _null_context(*_: object) -> Iterator[None]:
    yield


@torch.library.custom_op("tests_engine::varlen", mutates_args=())
def _varlen(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, longest: int) -> Tensor:
    context = torch.full(query.shape, torch.nan, dtype=query.dtype)
    ends = bounds.tolist()
    assert ends == sorted(ends)
    assert ends[-1] <= len(query)
    for start, end in itertools.pairwise(ends):
        assert end - start <= longest
        parts = [part[start:end].transpose(0, 1) for part in (query, key, value)]
        context[start:end] = scaled_dot_product_attention(*parts).transpose(0, 1)
    return context


def checked_varlen_attn(
    query: Tensor, key: Tensor, value: Tensor, cu_seq_q: Tensor, cu_seq_k: Tensor, max_q: int, max_k: int
) -> Tensor:
    """Compute what `varlen_attn` does, and check its requirements; NaN for tokens that belong to no text."""
    for part in (query, key, value):
        assert part.ndim == 3  # [tokens, heads, head]
        assert part.shape == query.shape
        assert part.stride(-1) == 1
        assert part.shape[2] % 8 == 0
    for bounds in (cu_seq_q, cu_seq_k):
        assert bounds.dtype == torch.int32
        assert bounds.is_contiguous()
        assert bounds.ndim == 1
    assert cu_seq_q.data_ptr() == cu_seq_k.data_ptr()
    assert max_q == max_k
    context: Tensor = _varlen(query, key, value, cu_seq_q, max_q)
    return context


def install_fake_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the parts of `torch.cuda` that the engine uses, and turn off oneDNN, which is for CPUs."""
    monkeypatch.setattr(gemm, "_can_reorder", lambda dtype: False)
    monkeypatch.setattr(gpu_attention, "varlen_attn", checked_varlen_attn)
    for name, fake in {
        "device": _null_context,
        "stream": _null_context,
        "current_stream": FakeStream,
        "Stream": FakeStream,
        "Event": FakeEvent,
        "CUDAGraph": FakeGraph,
        "graph": _capturing,
        "graph_pool_handle": object,
    }.items():
        monkeypatch.setattr(torch.cuda, name, fake)
