"""Running probes: each in a thread of its own, bounded, and unharmed by what another one meets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from models import ModelError
from monitor.errors import MonitorError

State = Literal["ok", "hint", "failed"]


@dataclass(frozen=True)
class ProbeResult:
    """What a probe found.

    Attributes:
        state: "hint" for what works and could be better; only "failed" keeps the monitor from working.
        detail: what was found; never a secret.
        mend: what to do about it; empty where nothing needs to be done.
    """

    state: State
    detail: str
    mend: str = ""


@dataclass(frozen=True)
class Probe:
    """A question to one dependency, which answers within `patience` seconds or counts as failed."""

    name: str
    ask: Callable[[], ProbeResult]
    patience: float = 8.0
    when_late: str = "see that its host is up, and that the network lets packets through"


def check_up(probes: Sequence[Probe]) -> Iterator[tuple[Probe, ProbeResult]]:
    """Run all probes at once; give their findings in the order of the probes."""
    answers: dict[str, ProbeResult] = {}

    def run(probe: Probe) -> None:
        try:
            answers[probe.name] = probe.ask()
        except (MonitorError, ModelError) as error:  # the message has the mend in it
            answers[probe.name] = ProbeResult("failed", str(error))
        except Exception as error:  # a probe must not take the others with it
            answers[probe.name] = ProbeResult("failed", f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=run, args=(probe,), daemon=True) for probe in probes]
    for thread in threads:
        thread.start()
    for probe, thread in zip(probes, threads, strict=True):
        thread.join(probe.patience)
        late = ProbeResult("failed", f"no answer within {probe.patience:g} s", probe.when_late)
        yield probe, answers.get(probe.name, late)
