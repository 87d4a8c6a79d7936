"""The end of a worker is bounded, whatever began it and whatever hangs."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from monitor.stream.shutdown import EXIT_AFTER_CRASH, EXIT_BY_FORCE
from tests.processes import PATIENCE, child_environment

HANGS_AT_ITS_END = """
import asyncio, os, signal, sys
import faust
from monitor.errors import RetryableError
from monitor.stream.shutdown import BoundedWorker

app = faust.App(
    f"hangs-{os.getpid()}", broker=f"kafka://{sys.argv[1]}", store="memory://", web_enabled=False,
    broker_session_timeout=6, broker_heartbeat_interval=1, broker_rebalance_timeout=6,
)
app._create_directories = lambda: None

@app.task
async def begin_the_end():
    if sys.argv[2] == "crash":
        await app.crash(ValueError("broken"))
    os.kill(os.getpid(), int(sys.argv[2]))

async def hang(*_, **__):
    await asyncio.sleep(3600)

app.on_before_shutdown.connect(hang, weak=False)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
def require_broker():
    if sys.argv[3] == "away":
        raise RetryableError("no broker answers")
    if sys.argv[3] == "strange":
        raise ValueError("an error of the client's own")

BoundedWorker(app, timeout=2.5, require_broker=require_broker, loop=loop).execute_from_commandline()
"""
TERM, INT = (str(int(number)) for number in (signal.SIGTERM, signal.SIGINT))


@pytest.mark.parametrize(
    ("cause", "broker", "status"),
    [
        ("crash", "there", EXIT_AFTER_CRASH),
        ("crash", "away", EXIT_AFTER_CRASH),
        (TERM, "there", EXIT_BY_FORCE),
        (INT, "there", EXIT_BY_FORCE),
        (TERM, "strange", EXIT_BY_FORCE),
        (TERM, "away", 0),
        (INT, "away", 0),
    ],
)
def test_a_shutdown_that_hangs_is_ended_by_force(
    cause: str, broker: str, status: int, kafka_bootstrap: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS_AT_ITS_END, kafka_bootstrap, cause, broker],
        capture_output=True,
        timeout=PATIENCE,
        env=child_environment(),
        check=False,
    )
    assert ended.returncode == status, ended.stderr.decode()[-2000:]
