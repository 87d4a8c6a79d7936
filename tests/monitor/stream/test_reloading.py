"""Another bundle is taken up only if it is complete and passes its self-test; else the old one goes on."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from models import BundleError, Scorer, TweetPrediction
from monitor import metrics
from monitor.enrich import LanguageFilter
from monitor.stream.bundle_content import BundleContent
from monitor.stream.reloading import BundleReloader
from monitor.stream.scorer_check import check_scorer
from monitor.stream.served_bundle import CurrentBundle, ServedBundle
from tests.monitor.stream.scorers import FaultyScorer, PickyScorer
from tests.processes import run_program

PATIENCE = 20.0


class VersionedScorer(PickyScorer):
    """Scores every text; its version is the content of its folder."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        return [TweetPrediction("NoADE", 0.1) for _ in texts]


class Folder:
    """A folder with a bundle that scores as `make_scorer` says, and the loads so far."""

    def __init__(self, config: str | None = "first") -> None:
        self.config = config
        self.files: tuple[tuple[str, int, int], ...] = ()
        self.make_scorer: Callable[[str], Scorer] = VersionedScorer
        self.loads: list[str] = []

    def read_content(self) -> BundleContent | None:
        return None if self.config is None else BundleContent(self.config, self.files)

    def load(self) -> ServedBundle:
        content = self.read_content()
        assert content is not None
        self.loads.append(content.config)
        scorer = self.make_scorer(content.config)
        check_scorer(scorer)
        return ServedBundle(scorer, LanguageFilter([]), content)


class Reload:
    """A reloader on a `Folder`."""

    def __init__(self, *, timeout: float = PATIENCE, config: str | None = "first") -> None:
        self.folder = Folder(config)
        first = ServedBundle(VersionedScorer("first"), LanguageFilter([]), self.folder.read_content())
        self.current = CurrentBundle(first)
        self.pauses: list[str] = []
        self.reloader = BundleReloader(
            "a bundle",
            self.current,
            read_content=self.folder.read_content,
            load=self.folder.load,
            pause=self.paused,
            timeout=timeout,
            interval=0.01,
        )

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        self.pauses.append(self.current.version)
        yield
        self.pauses.append(self.current.version)

    async def look_until_settled(self) -> None:
        for _ in range(2):
            await self.reloader.look()

    async def run_until(self, condition: Callable[[], bool]) -> None:
        running = asyncio.create_task(self.reloader.run())
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def reloads(outcome: str) -> float:
    """Return what the metric of reloads has counted."""
    start = f'ade_bundle_reloads_total{{outcome="{outcome}"}} '
    lines = generate_latest(metrics.WORKER).decode().splitlines()
    return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), 0.0)


async def test_another_bundle_is_taken_up_once_its_folder_stays_the_same() -> None:
    case, before = Reload(), reloads("taken")
    case.folder.config = "second"
    await case.reloader.look()
    assert (case.current.version, case.folder.loads) == ("first", [])
    with capture_logs() as lines:
        await case.reloader.look()
    assert case.current.version == "second"
    [line] = [line for line in lines if line["event"] == "bundle changed"]
    assert (line["before"], line["now"]) == ("first", "second")
    assert reloads("taken") == before + 1
    assert case.pauses == ["first", "first"]


async def test_a_folder_that_is_being_written_is_left_alone() -> None:
    case = Reload()
    case.folder.config = "second"
    for size in range(5):
        case.folder.files = (("model.safetensors", size, 0),)
        await case.reloader.look()
    assert case.folder.loads == []
    await case.reloader.look()
    assert case.current.version == "second"


async def test_the_same_bundle_is_never_loaded_again() -> None:
    case = Reload()
    case.folder.files = (("README.md", 12, 0),)
    for _ in range(3):
        await case.look_until_settled()
        await case.reloader.look(is_requested=True)
    assert case.folder.loads == []


async def test_a_request_loads_at_once() -> None:
    case = Reload()
    case.folder.config = "second"
    await case.reloader.look(is_requested=True)
    assert case.current.version == "second"


async def test_two_reloads_in_a_row_end_with_the_last_bundle() -> None:
    case = Reload()
    for config in ("second", "third", "first"):
        case.folder.config = config
        await case.look_until_settled()
        assert case.current.version == config
    assert case.folder.loads == ["second", "third", "first"]


def _damaged(_: str) -> Scorer:
    raise BundleError("model.safetensors is damaged or was changed")


def _memory_full(_: str) -> Scorer:
    raise MemoryError


class RaisingScorer(VersionedScorer):
    """Loads and then scores nothing."""

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        raise RuntimeError("no kernel for this device")


FAULTS: dict[str, Callable[[str], Scorer]] = {
    "damaged": _damaged,
    "memory": _memory_full,
    "raises": RaisingScorer,
    "nan": lambda _: FaultyScorer(TweetPrediction("NoADE", float("nan")), always=True),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_the_old_bundle_stays_if_the_new_one_is_refused(fault: str) -> None:
    case, before = Reload(), reloads("refused")
    case.folder.config, case.folder.make_scorer = "second", FAULTS[fault]
    with capture_logs() as lines:
        await case.look_until_settled()
    assert case.current.version == "first"
    [line] = [line for line in lines if line["event"] == "bundle refused"]
    assert (line["log_level"], line["stays"]) == ("error", "first")
    assert reloads("refused") == before + 1


async def test_a_refused_bundle_is_not_tried_again_until_its_folder_changes_or_somebody_asks() -> None:
    case = Reload()
    case.folder.config, case.folder.make_scorer = "second", _damaged
    for _ in range(4):
        await case.look_until_settled()
    assert len(case.folder.loads) == 1
    await case.reloader.look(is_requested=True)
    assert len(case.folder.loads) == 2
    case.folder.files, case.folder.make_scorer = (("model.safetensors", 7, 0),), VersionedScorer
    await case.look_until_settled()
    assert case.current.version == "second"


async def test_the_supervisor_is_told_which_bundle_scores_and_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    supervisor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    supervisor.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    case = Reload()
    case.folder.config = "second"
    await case.look_until_settled()
    assert supervisor.recv(4096) == b"STATUS=scores with second"
    case.folder.config, case.folder.make_scorer = "third", _damaged
    await case.look_until_settled()
    status = supervisor.recv(4096).decode()
    supervisor.close()
    assert status.startswith(
        "STATUS=scores with second; another bundle was refused: BundleError: model.safetensors"
    )


async def test_a_load_that_hangs_is_given_up_and_no_second_one_is_started() -> None:
    case, release = Reload(timeout=0.2), threading.Event()
    case.folder.config = "second"

    def hang(version: str) -> Scorer:
        release.wait(PATIENCE)
        return VersionedScorer(version)

    case.folder.make_scorer = hang
    with capture_logs() as lines:
        await case.look_until_settled()
        await case.reloader.look(is_requested=True)
    assert [line["problem"] for line in lines if line["event"] == "bundle refused"] == [
        "TimeoutError: no result within 0.2 s"
    ]
    assert (case.current.version, len(case.folder.loads)) == ("first", 1)
    assert case.reloader._thread is not None
    assert case.reloader._thread.daemon  # or the process could not end
    release.set()
    await asyncio.to_thread(case.reloader.close)
    case.folder.make_scorer = VersionedScorer
    await case.reloader.look(is_requested=True)
    assert case.current.version == "second"


async def test_a_request_while_a_given_up_load_still_runs_is_answered_after_its_end() -> None:
    case, release = Reload(timeout=0.2), threading.Event()
    case.folder.config = "second"

    def hang(version: str) -> Scorer:
        release.wait(PATIENCE)
        case.folder.make_scorer = VersionedScorer
        return VersionedScorer(version)

    case.folder.make_scorer = hang
    await case.look_until_settled()  # refused, so only a request tries it again
    loop = asyncio.get_running_loop()
    loop.call_later(0.05, case.reloader.request)
    loop.call_later(0.3, release.set)
    try:
        with capture_logs() as lines:
            await case.run_until(lambda: case.current.version == "second")
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
    waits = [line for line in lines if line["event"].startswith("a load that was given up still runs")]
    assert len(waits) == 1


async def test_a_scorer_without_a_folder_is_never_replaced() -> None:
    case = Reload(config=None)
    await case.look_until_settled()
    await case.reloader.look(is_requested=True)
    assert (case.current.version, case.folder.loads) == ("first", [])


def test_sighup_makes_a_running_worker_look_at_once() -> None:
    ended = run_program("tests.monitor.stream.hung_up_reload")
    assert ended.returncode == 0, ended.stderr


async def test_a_folder_that_cannot_be_read_does_not_end_the_looks() -> None:
    case = Reload()
    answers = iter([OSError("the disk is gone")])
    read = case.folder.read_content

    def read_content() -> BundleContent | None:
        for error in answers:
            raise error
        return read()

    case.reloader._read_content = read_content
    case.folder.config = "second"
    try:
        with capture_logs() as lines:
            await case.run_until(lambda: case.current.version == "second")
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
    assert any(line["event"] == "the bundle could not be looked at" for line in lines)


async def test_the_replaced_bundle_leaves_memory() -> None:
    case = Reload()
    old = weakref.ref(case.current.now.scorer)
    case.folder.config = "second"
    await case.look_until_settled()
    await case.reloader.look()
    assert old() is None


def test_the_end_of_the_worker_does_not_wait_for_ever_for_a_load() -> None:
    case = Reload()
    case.reloader.close()  # nothing was loaded
    case.reloader._thread = threading.Thread(target=time.sleep, args=(0.1,), daemon=True)
    case.reloader._thread.start()
    case.reloader.close()
    assert not case.reloader._thread.is_alive()
