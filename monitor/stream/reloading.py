"""A new bundle is taken up while the worker runs, or refused, and then the old one goes on.

The worker looks at the folder of its bundle every few seconds, and at once on SIGHUP. Another `config.json`
means another bundle. It is loaded next to the one in use. The hashes of all its files must be right, and it
has to pass a self-test. Batches that start afterwards are scored by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeVar

import structlog

from monitor import metrics
from monitor.readiness import report_status
from monitor.stream.bundle_content import BundleContent
from monitor.stream.device_memory import free_device_memory
from monitor.stream.served_bundle import CurrentBundle, ServedBundle

log = structlog.get_logger()

LOOK_INTERVAL: Final = 5.0
"""Seconds between two looks. A folder must not change between two of them: a copy may be under way."""

END_PATIENCE: Final = 5.0
"""Seconds that the end of the worker waits for a bundle that is being loaded."""

Result = TypeVar("Result")


class BundleReloader:
    """Replaces the current bundle when its folder has another one.

    Args:
        name: of the bundle, for the log.
        current: the bundle in use.
        read_content: returns what the folder has now; None if there is no folder to watch. Blocking.
        load: loads and tests what the folder has. It may raise anything. Blocking.
        pause: batches are scored while a bundle is loaded, unless this block keeps them waiting. A GPU
            captures its graphs only while nothing else uses it.
        timeout: seconds for loading and the self-test together.
        interval: seconds between two looks.
    """

    def __init__(
        self,
        name: str,
        current: CurrentBundle,
        *,
        read_content: Callable[[], BundleContent | None],
        load: Callable[[], ServedBundle],
        pause: Callable[[], AbstractAsyncContextManager[None]],
        timeout: float,
        interval: float = LOOK_INTERVAL,
    ) -> None:
        self._name = name
        self._current = current
        self._read_content = read_content
        self._load = load
        self._pause = pause
        self._timeout = timeout
        self._interval = interval
        self._requested = asyncio.Event()
        self._seen: BundleContent | None = None
        self._refused: BundleContent | None = None
        self._thread: threading.Thread | None = None
        self._given_up: threading.Thread | None = None
        self._leaves_memory = False

    async def run(self) -> None:
        """Look again and again until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.request)
        while True:
            try:
                async with asyncio.timeout(self._interval):
                    await self._requested.wait()
            except TimeoutError:
                pass
            is_requested = self._requested.is_set()
            if is_requested and self._is_loading():
                log.warning("a load that was given up still runs, the request waits for its end")
                await self._until_loaded()
            self._requested.clear()
            try:
                await self.look(is_requested=is_requested)
            except Exception:
                log.exception("the bundle could not be looked at")  # and the one in use goes on

    def request(self) -> None:
        """Make `run` look at once, as SIGHUP does; call it in the thread of its loop."""
        self._requested.set()

    async def look(self, *, is_requested: bool = False) -> None:
        """Take up the bundle in the folder if it is another one.

        A bundle that was refused is tried again only if its folder has changed, or on request.

        Args:
            is_requested: do not wait until the folder has stayed the same for two looks.
        """
        if self._is_loading():
            return  # two loads at once would take the memory of both
        if self._leaves_memory:
            self._leaves_memory = False
            _free_memory()
        content = await self._in_thread(self._read_content)
        if content is None or content.is_same_bundle(self._current.now.content):
            self._seen = self._refused = None
            if is_requested:
                log.info("bundle unchanged", version=self._current.version)
            return
        if not is_requested:
            if content == self._refused:
                return
            if content != self._seen:
                self._seen = content
                return
        await self._take(content)

    def close(self) -> None:
        """Wait a little for a bundle that is being loaded: its threads do not survive the end of Python."""
        if self._thread is not None:
            self._thread.join(END_PATIENCE)

    def _is_loading(self) -> bool:
        """Return True if a load that was given up still runs."""
        return self._given_up is not None and self._given_up.is_alive()

    async def _until_loaded(self) -> None:
        while self._is_loading():  # noqa: ASYNC110 - its thread sets no event, and may hang for ever
            await asyncio.sleep(self._interval)

    async def _take(self, content: BundleContent) -> None:
        before = self._current.version
        started = time.monotonic()
        self._leaves_memory = True  # freed at the next look, when no batch uses the old bundle any more
        log.info("loading another bundle", bundle=self._name, current=before)
        try:
            async with self._pause():
                bundle = await self._in_thread(self._load)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        else:
            self._current.replace(bundle)
            self._seen = self._refused = None
            log.info(
                "bundle changed",
                bundle=self._name,
                before=before,
                now=bundle.version,
                languages=sorted(bundle.language_filter.languages),
                seconds=round(time.monotonic() - started, 1),
            )
            report_status(f"scores with {bundle.version}")
            metrics.BUNDLE_RELOADS.labels(outcome="taken").inc()
            metrics.BUNDLE.info({"version": bundle.version})
            return
        self._refused = content
        log.error("bundle refused", bundle=self._name, problem=problem, stays=before)
        report_status(f"scores with {before}; another bundle was refused: {problem}")
        metrics.BUNDLE_RELOADS.labels(outcome="refused").inc()

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        """Return the result of a blocking call.

        The thread is a daemon, unlike those of `asyncio.to_thread`: one that hangs must not keep the process
        from ending.

        Raises:
            TimeoutError: there is no result in time. The thread goes on, and nobody waits for it.
        """
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()

        def run() -> None:
            try:
                value = call()
            except BaseException as error:  # passed to the waiting task
                _call_if_open(loop, _set_exception, result, error)
            else:
                _call_if_open(loop, _set_result, result, value)

        self._thread = thread = threading.Thread(target=run, daemon=True, name="bundle")
        thread.start()
        try:
            async with asyncio.timeout(self._timeout):
                return await result
        except TimeoutError:
            self._given_up = thread
            raise TimeoutError(f"no result within {self._timeout:g} s") from None


def _call_if_open(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed, so nobody waits
        loop.call_soon_threadsafe(call, *arguments)


def _set_result(future: asyncio.Future[Result], value: Result) -> None:
    if not future.done():
        future.set_result(value)


def _set_exception(future: asyncio.Future[Result], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _free_memory() -> None:
    """Free what a bundle leaves that is not used any more."""
    from models.device import release_freed_memory  # imports torch, which the dummy does not need

    gc.collect()
    release_freed_memory()
    free_device_memory()
