"""A worker for whose Kafka consumer the time passes faster, so that a long outage takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PROGRAM: Final = """
from aiokafka.consumer.subscription_state import SubscriptionState

real_time = SubscriptionState.fetcher_idle_time.fget
SubscriptionState.fetcher_idle_time = property(lambda state: real_time(state) * {speed})
"""
"""Makes the time pass faster after which aiokafka leaves the group of a reader that waits. Python runs it at
its start, as `sitecustomize`."""


def with_compressed_time(folder: Path, *, speed: int) -> str:
    """Return a folder for PYTHONPATH that makes the consumer's time pass faster."""
    path = folder / "compressed"
    path.mkdir()
    (path / "sitecustomize.py").write_text(_PROGRAM.format(speed=speed))
    return str(path)
