"""The worker: micro-batches from Kafka through the model into the database, acknowledged in order.

`stages` lists the steps, `conveyor` moves batches through them, `app` connects them to Faust, and `worker`
starts all of it. `run_worker` is imported when it is first used, since the stages need no Faust.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.stream.worker import run_worker

__all__ = ["run_worker"]


def __getattr__(name: str) -> Any:
    if name == "run_worker":
        from monitor.stream import worker

        return worker.run_worker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
