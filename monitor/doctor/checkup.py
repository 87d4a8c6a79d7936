"""Run probes at the same time, each with a time limit and none affected by another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from models import ModelError
from monitor.advice import ADVICE
from monitor.errors import MonitorError

State = Literal["ok", "hint", "failed"]


@dataclass(frozen=True)
class ProbeResult:
    """The result of a probe.

    Attributes:
        state: "hint" for something that works and could be better; the monitor cannot work with "failed".
        detail: the facts; never a secret.
        advice: what to do, or "" if there is nothing to do.
    """

    state: State
    detail: str
    advice: str = ""


@dataclass(frozen=True)
class Probe:
    """A check of one dependency. Without an answer within `timeout` seconds, it counts as failed."""

    name: str
    check: Callable[[], ProbeResult]
    timeout: float = 8.0
    advice_when_late: str = "check that its host is up, and that the network lets packets through"


def run_probes(probes: Sequence[Probe]) -> Iterator[tuple[Probe, ProbeResult]]:
    """Run all probes at once, and yield their results in the order of the probes."""
    results: dict[str, ProbeResult] = {}

    def run(probe: Probe) -> None:
        results[probe.name] = _checked(probe)

    threads = [threading.Thread(target=run, args=(probe,), daemon=True) for probe in probes]
    for thread in threads:
        thread.start()
    for probe, thread in zip(probes, threads, strict=True):
        thread.join(probe.timeout)
        late = ProbeResult("failed", f"no answer within {probe.timeout:g} s", probe.advice_when_late)
        yield probe, results.get(probe.name, late)


def failed_result(error: MonitorError | ModelError) -> ProbeResult:
    """Return the result for an error, with its fact and its advice apart."""
    if isinstance(error, MonitorError):
        return ProbeResult("failed", error.fact, error.advice)
    advice = ADVICE.get(error.problem, "") if error.problem else ""
    return ProbeResult("failed", str(error), advice.format_map(error.details))


def _checked(probe: Probe) -> ProbeResult:
    try:
        return probe.check()
    except (MonitorError, ModelError) as error:
        return failed_result(error)
    except Exception as error:  # one probe must not end the others
        return ProbeResult("failed", f"{type(error).__name__}: {error}")
