"""The end of a worker is bounded, whatever began it and whatever hangs."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from monitor.stream.shutdown import EXIT_BY_FORCE
from tests.processes import PATIENCE, child_environment

HANGS_AT_ITS_END = """
import asyncio, os, signal, sys
import faust
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
BoundedWorker(app, timeout=0.5, loop=loop).execute_from_commandline()
"""


@pytest.mark.parametrize("cause", ["crash", str(int(signal.SIGTERM)), str(int(signal.SIGINT))])
def test_a_shutdown_that_hangs_is_ended_by_force(cause: str, kafka_bootstrap: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS_AT_ITS_END, kafka_bootstrap, cause],
        capture_output=True,
        timeout=PATIENCE,
        env=child_environment(),
        check=False,
    )
    assert ended.returncode == EXIT_BY_FORCE, ended.stderr.decode()[-2000:]
