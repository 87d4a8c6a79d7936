"""The end of a worker is bounded, whatever began it and whatever hangs."""

from __future__ import annotations

import signal

import pytest

from monitor.stream.shutdown import EXIT_AFTER_CRASH, EXIT_BY_FORCE
from tests.processes import run_program

TERM, INT = (str(int(number)) for number in (signal.SIGTERM, signal.SIGINT))


@pytest.mark.parametrize(
    ("cause", "broker", "status"),
    [
        pytest.param("crash", "there", EXIT_AFTER_CRASH, marks=pytest.mark.slow),
        ("crash", "away", EXIT_AFTER_CRASH),
        (TERM, "there", EXIT_BY_FORCE),
        pytest.param(INT, "there", EXIT_BY_FORCE, marks=pytest.mark.slow),
        pytest.param(TERM, "strange", EXIT_BY_FORCE, marks=pytest.mark.slow),
        (TERM, "away", 0),
        pytest.param(INT, "away", 0, marks=pytest.mark.slow),
    ],
)
def test_a_shutdown_that_hangs_is_ended_by_force(
    cause: str, broker: str, status: int, kafka_bootstrap: str
) -> None:
    ended = run_program("tests.hanging_worker", kafka_bootstrap, cause, broker)
    assert ended.returncode == status, ended.stderr.decode()[-2000:]
