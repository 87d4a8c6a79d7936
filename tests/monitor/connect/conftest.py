"""Servers of platforms on this machine, and a loop between them and the real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiohttp.test_utils import TestServer
from websockets.asyncio.server import serve

from monitor.connect import (
    Delivery,
    Frame,
    LiveLoop,
    LiveSource,
    LoopOptions,
    Position,
    StateFile,
    UnreadableFrames,
)
from monitor.connect.http_stream import open_client
from monitor.settings import KafkaSettings
from tests.monitor.connect.jetstreams import JetstreamServer
from tests.monitor.connect.platforms import MastodonServer, XServer

SILENCE = 0.5
"""Seconds after which clients of these tests give up on a silent server."""


@pytest.fixture
async def x_server() -> AsyncIterator[XServer]:
    """The API of X."""
    script = XServer()
    async with TestServer(script.app()) as server:
        script.url = str(server.make_url("")).rstrip("/")
        yield script
        script.closing.set()


@pytest.fixture
async def mastodon_server() -> AsyncIterator[MastodonServer]:
    """A Mastodon server."""
    script = MastodonServer()
    async with TestServer(script.app()) as server:
        script.url = str(server.make_url("")).rstrip("/")
        yield script
        script.closing.set()


@pytest.fixture
async def http_client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with a token, which gives up after `SILENCE`."""
    async with open_client("good-token", silence=SILENCE) as client:
        yield client


@pytest.fixture
async def jetstream_servers() -> AsyncIterator[list[JetstreamServer]]:
    """Two hosts of Jetstream."""
    async with AsyncExitStack() as stack:
        scripts = [JetstreamServer(), JetstreamServer()]
        for script in scripts:
            server = await stack.enter_async_context(
                serve(script.serve, "127.0.0.1", 0, process_request=script.check)
            )
            script.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield scripts


async def frames_until_the_end(
    source: LiveSource, position: Position | None = None
) -> tuple[list[Frame], Exception | None]:
    """Return all frames of one connection, and the error that ended it."""
    frames: list[Frame] = []
    try:
        async for frame in source.frames(position):
            frames.append(frame)  # noqa: PERF401 - those before an error are needed, too
    except Exception as error:
        return frames, error
    return frames, None


async def first_frames(source: LiveSource, count: int, position: Position | None = None) -> list[Frame]:
    """Return the first frames with a document, a fault or a gap, and close the connection."""
    frames: list[Frame] = []
    generator = source.frames(position)
    async with asyncio.timeout(20):
        async for frame in generator:
            if frame.document is not None or frame.fault is not None or frame.gap is not None:
                frames.append(frame)
            if len(frames) >= count:
                break
    await generator.aclose()
    return frames


@dataclass
class RunningLoop:
    """A loop, and how to end it as a signal does."""

    loop: LiveLoop
    task: asyncio.Task[None]
    stop: asyncio.Event

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something has happened; an error of the loop is raised."""
        async with asyncio.timeout(60):
            while not condition():
                if self.task.done():
                    await self.task
                    return
                await asyncio.sleep(0.01)

    async def end(self) -> None:
        """Stop the loop as SIGTERM does, and wait for its end."""
        self.stop.set()
        async with asyncio.timeout(30):
            await self.task


StartLoop = Callable[..., RunningLoop]


async def no_sleep(seconds: float) -> None:
    """Wait for nothing, but give others a turn."""
    await asyncio.sleep(min(seconds, 0.01))


@pytest.fixture
async def start_loop(kafka: KafkaSettings, tmp_path: Path) -> AsyncIterator[StartLoop]:
    """Start a loop from a source to the topic, with a state file that the next loop of the test continues."""
    stack = AsyncExitStack()

    def start(
        source: LiveSource,
        rejects: Path | None = None,
        broker: KafkaSettings | None = None,
        **options: object,
    ) -> RunningLoop:
        state = StateFile(tmp_path / "state", source.name)
        unreadable = stack.enter_context(UnreadableFrames(rejects, source.name))
        loop_options = LoopOptions(**{"sleep": no_sleep, "save_interval": 0.0, **options})  # type: ignore[arg-type]
        (tmp_path / "state").mkdir(exist_ok=True)
        loop = LiveLoop(source, Delivery(broker or kafka, sleep=no_sleep), state, unreadable, loop_options)
        stop = asyncio.Event()
        running = RunningLoop(loop, asyncio.create_task(loop.run(stop)), stop)

        async def clean_up() -> None:
            running.task.cancel()
            await asyncio.gather(running.task, return_exceptions=True)

        stack.push_async_callback(clean_up)
        return running

    async with stack:
        yield start
