"""A program that hangs itself up, and ends once that has brought another bundle.

In a process of the tests, SIGHUP would end all of its tests if nobody handled it.
"""

from __future__ import annotations

import asyncio
import os
import signal

from tests.monitor.stream.test_reloading import PATIENCE, Reload


def hang_up() -> None:
    """Send SIGHUP to this process once somebody handles it."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        asyncio.get_running_loop().call_later(0.01, hang_up)
    else:
        os.kill(os.getpid(), signal.SIGHUP)


async def main() -> None:
    """Wait for the second bundle, at which nobody looks for a long time without the signal."""
    case = Reload()
    case.reloader._interval = PATIENCE
    case.folder.config = "second"
    asyncio.get_running_loop().call_later(0.05, hang_up)
    await case.run_until(lambda: case.current.version == "second")


if __name__ == "__main__":
    asyncio.run(main())
