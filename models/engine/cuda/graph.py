"""Capturing work as a CUDA graph: launched as one, whatever number of kernels it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import torch

Found = TypeVar("Found")

_WARM_UPS: Final = 3  # libraries choose their kernels and take their workspaces in the first runs


class GraphPool:
    """Captures work on one stream, with one pool of memory for all of it.

    Graphs of one pool write over each other's intermediate results. That is safe since they are replayed one
    after another, and none reads what another one left; in which order does not matter. What a graph gives
    stays its own as long as it is referred to.

    Only one capture may be under way in a process, and no other thread may use the GPU meanwhile: capture
    before there are any.

    Args:
        stream: of a lane.
    """

    def __init__(self, stream: torch.cuda.Stream) -> None:
        self._stream = stream
        self._pool: Any = torch.cuda.graph_pool_handle()

    def captured(self, work: Callable[[], Found]) -> tuple[Callable[[], None], Found]:
        """Capture what `work` launches; it must ask the GPU for nothing, and allocate by torch alone.

        Returns:
            What launches it again, on the current stream, and what `work` gave: tensors that are written anew
            each time. Before the first launch there is nothing in them.
        """
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_UPS):
                work()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):  # it waits for the warming up
            found = work()
        return graph.replay, found
