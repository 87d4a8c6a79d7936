"""Probes run independently of each other, each with a time limit."""

from __future__ import annotations

import threading

from models import BundleError
from models.errors import Problem
from monitor.advice import ADVICE
from monitor.doctor import Probe, ProbeResult, run_probes
from monitor.errors import RetryableError


def raise_error(error: Exception) -> ProbeResult:
    raise error


def test_an_error_fails_with_its_fact_and_its_advice() -> None:
    errors = {
        "monitor": RetryableError("it is away", "start it"),
        "models": BundleError("there is no such bundle", problem=Problem.UNKNOWN_BUNDLE),
        "other": ValueError("odd"),
    }
    probes = [Probe(name, lambda error=error: raise_error(error)) for name, error in errors.items()]  # type: ignore[misc]
    results = {probe.name: result for probe, result in run_probes(probes)}
    assert results == {
        "monitor": ProbeResult("failed", "it is away", "start it"),
        "models": ProbeResult("failed", "there is no such bundle", ADVICE[Problem.UNKNOWN_BUNDLE]),
        "other": ProbeResult("failed", "ValueError: odd"),
    }


def test_a_slow_probe_fails_and_delays_no_other_result() -> None:
    released = threading.Event()

    def wait() -> ProbeResult:
        released.wait(60)
        return ProbeResult("ok", "late")

    slow = Probe("slow", wait, timeout=0.05, advice_when_late="look at it")
    fast = Probe("fast", lambda: ProbeResult("ok", "here"))
    results = [result for _, result in run_probes([slow, fast])]
    released.set()
    assert results == [
        ProbeResult("failed", "no answer within 0.05 s", "look at it"),
        ProbeResult("ok", "here"),
    ]
