"""A relay that publishes what waits and is killed at a step: STEP, one of `STEPS`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any, Final

from monitor.alerts import Relay
from monitor.alerts.redis import RedisPublisher
from monitor.settings import load_settings
from monitor.store import async_engine

BEFORE_PUBLISHING: Final = "before publishing"
AFTER_PUBLISHING: Final = "after publishing"
AFTER_MARKING: Final = "after marking, before the commit"
STEPS: Final = (BEFORE_PUBLISHING, AFTER_PUBLISHING, AFTER_MARKING)

_mark = Relay._mark


async def main(step: str) -> None:
    """Publish until the step."""
    if step == BEFORE_PUBLISHING:
        RedisPublisher.publish = _die  # type: ignore[method-assign]
    elif step == AFTER_PUBLISHING:
        Relay._mark = _die  # type: ignore[method-assign]
    else:
        Relay._mark = _mark_and_die  # type: ignore[method-assign]
    settings = load_settings().settings
    await Relay(settings, async_engine(settings.database), RedisPublisher(settings)).publish_pending()


async def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _mark_and_die(*arguments: Any) -> None:
    await _mark(*arguments)
    await _die()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
