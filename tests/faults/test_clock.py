"""The clock of a worker jumps by an hour while it works: nothing is lost or doubled, and no watch alarms."""

from __future__ import annotations

import importlib.util
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.settings import Settings
from tests.faults.conftest import FaultBroker
from tests.faults.damage import count_damage
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.processes import running, wait_for

PATIENCE = 120.0
PORTION = 200
JUMPS = (timedelta(hours=1), timedelta(0), timedelta(hours=-1), timedelta(0))
LIMIT = timedelta(hours=1, minutes=5)
"""How far a time may be from ours: the jump, and the test itself."""


def test_a_clock_that_jumps_by_an_hour_in_both_directions_changes_nothing(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    _set_clock(clock, timedelta(0))
    fake = {
        "LD_PRELOAD": str(_library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "ADE_WORKER__STALL_TIMEOUT": "30",
    }
    sent, recovery_s = 0, 0.0
    with running(on_broker, tmp_path, "worker", **fake) as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        for jump in JUMPS:
            send(on_broker, tweet_values(PORTION, first=sent))  # in work when the clock jumps
            _set_clock(clock, jump)
            started = time.monotonic()
            send(on_broker, tweet_values(PORTION, first=sent + PORTION))
            sent += 2 * PORTION
            wait_for(lambda: results.scored() == sent, PATIENCE, watching=worker)  # noqa: B023
            recovery_s = max(recovery_s, time.monotonic() - started)
        wait_for(lambda: len(results.alerts()) >= sent // 5, PATIENCE, watching=worker)
        time.sleep(6)  # all watches look at least once
        output = worker.output()
        assert worker.stop() == 0, output
    ids = {str(n) for n in range(sent)}
    damage = count_damage(on_broker, ids, {str(n) for n in range(0, sent, 5)}, dated=False)
    report.add(
        "the clock jumps by an hour, forward and back",
        damage,
        broker=each_broker.name,
        runs=len(JUMPS),
        recovery_s=recovery_s,
    )
    assert (damage.lost, damage.doubled) == (0, 0)
    assert [word for word in ("slow batch", "no progress") if word in output] == []
    _require_jumps_and_sane_times(results)


def _library() -> Path:
    spec = importlib.util.find_spec("libfaketime")
    if spec is None or spec.origin is None:
        pytest.skip("libfaketime is not installed: pip install libfaketime")
    library = Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    if not library.exists():
        pytest.skip(f"this libfaketime has no {library}")
    return library


def _set_clock(file: Path, offset: timedelta) -> None:
    new = file.with_suffix(".new")
    new.write_text(f"{offset.total_seconds():+.0f}\n")
    new.replace(file)


def _require_jumps_and_sane_times(results: FlowResults) -> None:
    now = datetime.now(UTC)
    detected = {
        int(alert["tweet_id"]): datetime.fromisoformat(alert["detected_at"]) - now
        for alert in results.alerts()
    }
    for number, jump in enumerate(JUMPS):
        last = (2 * number + 2) * PORTION - 5  # the last alert of this jump, after the clock was set
        assert abs(detected[last] - jump) < timedelta(minutes=10)
    [(first, last_posted)] = results.rows("SELECT min(posted_at), max(posted_at) FROM tweets")
    assert now - LIMIT < first <= last_posted < now + LIMIT
