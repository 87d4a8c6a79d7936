"""Which parts of a request for signals exclude each other."""

from __future__ import annotations

from collections.abc import Callable

from monitor.errors import MonitorError
from monitor.signals.signal_report import EventLevel, SignalRequest


class RequestError(MonitorError):
    """Parts of a request exclude each other, or one needs another."""


def check_request(request: SignalRequest, spelled: Callable[[str], str]) -> None:
    """Check that a table of the request exists.

    Args:
        request: which table.
        spelled: how the user writes the name of a part, such as `--first-seen` for `first_seen`.

    Raises:
        RequestError: it does not exist.
    """
    window = request.window
    if (request.first_seen or request.rising) and window.since is None:
        raise RequestError(
            f"{spelled('first_seen')} and {spelled('rising')} need {spelled('since')}",
            "give a window for pairs to be new or to rise in",
        )
    if request.rising and (window.platform is not None or window.lang is not None):
        raise RequestError(
            f"{spelled('rising')} compares cases per mention, and mentions have no platform or language",
            f"leave {spelled('platform')} and {spelled('lang')} out",
        )
    if request.corrected and window.coding:
        raise RequestError(
            f"{spelled('corrected')} corrects cases by their original codes", f"leave {spelled('coding')} out"
        )
    if request.by is not EventLevel.PT and request.listedness is not None:
        raise RequestError(f"{spelled('listedness')} is a verdict on PTs", f"use it with {spelled('by')} pt")
