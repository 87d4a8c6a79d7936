"""What the engine asks of `torch.cuda`, imitated on the CPU, as far as a mistake in using it would show.

A captured graph is imitated by its operations: they are written down once, and done again on the same
tensors, into the same tensors. No Python runs then: whatever came from a number of the host stays as it was.
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
    """Knows which one is current, in the one thread that looks."""

    current: FakeStream | None = None

    def __init__(self, device: object = None) -> None:
        self.awaited: list[FakeStream | None] = []

    def wait_stream(self, stream: FakeStream | None) -> None:
        """Note it."""
        self.awaited.append(stream)


class FakeEvent:
    """To be waited for it must have been recorded."""

    def __init__(self, *, blocking: bool) -> None:
        self._recorded = False

    def record(self, stream: FakeStream) -> None:
        """Note it."""
        self._recorded = True

    def synchronize(self) -> None:
        """Wait."""
        assert self._recorded
        self._recorded = False


class FakeGraph:
    """Operations that were written down."""

    def __init__(self) -> None:
        self.operations: list[tuple[Any, Any, Any, Any]] = []
        self.made: dict[int, Tensor] = {}  # what they gave, by its place in memory, views left out

    def replay(self) -> None:
        """Do them again; what comes goes where it went the first time."""
        for operation, arguments, named, results in self.operations:
            again = operation(*arguments, **named)
            for old, new in zip(tree_leaves(results), tree_leaves(again), strict=True):
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


class _Writing(TorchDispatchMode):
    def __init__(self, graph: FakeGraph) -> None:
        super().__init__()
        self._graph = graph

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        results = func(*args, **(kwargs or {}))
        graph, given = self._graph, _places([args, kwargs])
        graph.operations.append((func, args, kwargs or {}, results))
        graph.made |= {place: made for place, made in _places(results).items() if place not in given}
        return results


def _places(values: Any) -> dict[int, Tensor]:
    tensors = [value for value in tree_leaves(values) if isinstance(value, Tensor)]
    return {tensor.untyped_storage().data_ptr(): tensor for tensor in tensors}


@contextmanager
def _capturing(graph: FakeGraph, pool: object, stream: FakeStream) -> Iterator[None]:
    assert pool is not None
    with _Writing(graph):
        yield
    for made in graph.made.values():
        made.fill_(torch.nan)  # a capture computes nothing


@contextmanager
def _nothing(*_: object) -> Iterator[None]:
    yield


@torch.library.custom_op("tests_engine::varlen", mutates_args=())
def _varlen(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, longest: int) -> Tensor:
    found = torch.full(query.shape, torch.nan, dtype=query.dtype)
    ends = bounds.tolist()
    assert ends == sorted(ends)
    assert ends[-1] <= len(query)
    for start, end in itertools.pairwise(ends):
        assert end - start <= longest
        parts = (part[start:end].transpose(0, 1) for part in (query, key, value))
        query_part, key_part, value_part = parts
        seen = scaled_dot_product_attention(query_part, key_part, value_part)
        found[start:end] = seen.transpose(0, 1)
    return found


def checked_varlen_attn(
    query: Tensor, key: Tensor, value: Tensor, cu_seq_q: Tensor, cu_seq_k: Tensor, max_q: int, max_k: int
) -> Tensor:
    """Do what `varlen_attn` does, with the demands of its kernel; NaN for tokens that are of no text."""
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
    found: Tensor = _varlen(query, key, value, cu_seq_q, max_q)
    return found


def imitate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the imitation where the engine looks for CUDA; oneDNN's weights are for processors alone."""
    monkeypatch.setattr(gemm, "_can_reorder", lambda dtype: False)
    monkeypatch.setattr(gpu_attention, "varlen_attn", checked_varlen_attn)
    for name, fake in {
        "device": _nothing,
        "stream": _nothing,
        "current_stream": FakeStream,
        "Stream": FakeStream,
        "Event": FakeEvent,
        "CUDAGraph": FakeGraph,
        "graph": _capturing,
        "graph_pool_handle": object,
    }.items():
        monkeypatch.setattr(torch.cuda, name, fake)
