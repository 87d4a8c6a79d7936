"""Several callbacks as one."""

import inspect
from typing import Any

import pytest

from training.loop.callbacks import CallbackList, NullCallback, TrainingCallback

EVENTS = [
    name for name, _ in inspect.getmembers(TrainingCallback, inspect.isfunction) if name.startswith("on_")
]


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_reaches_all_callbacks_with_its_arguments(
    event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[tuple[Any, ...]] = []
    monkeypatch.setattr(NullCallback, event, lambda *arguments: received.append(arguments))
    first, second = NullCallback(), NullCallback()
    parameters = list(inspect.signature(getattr(TrainingCallback, event)).parameters)[1:]
    getattr(CallbackList(first, second), event)(*parameters)
    assert received == [(first, *parameters), (second, *parameters)]
