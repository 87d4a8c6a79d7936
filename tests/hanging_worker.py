"""A worker whose end hangs: BROKER, what begins the end (`crash` or a signal), and how the broker is."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import faust

from monitor.errors import RetryableError
from monitor.stream.shutdown import BoundedWorker


def main(address: str, cause: str, broker: str) -> None:
    """Start a worker, begin its end, and let that hang."""
    app = faust.App(
        f"hangs-{os.getpid()}",
        broker=f"kafka://{address}",
        store="memory://",
        web_enabled=False,
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
        broker_rebalance_timeout=6,
    )
    app._create_directories = lambda: None

    @app.task
    async def begin_the_end() -> None:
        if cause == "crash":
            await app.crash(ValueError("broken"))
        os.kill(os.getpid(), int(cause))

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.sleep(3600)

    def require_broker() -> None:
        if broker == "away":
            raise RetryableError("no broker answers")
        if broker == "strange":
            raise ValueError("an error of the client's own")

    app.on_before_shutdown.connect(hang, weak=False)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    BoundedWorker(app, timeout=2.5, require_broker=require_broker, loop=loop).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
