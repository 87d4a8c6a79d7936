"""`ade-monitor up` and `demo`, as a user runs them, with the dummy bundle."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.embedded import RunningMonitor, read_endpoints
from monitor.embedded.folder import lock_holder
from monitor.settings import EmbeddedSettings, Settings
from tests.processes import PATIENCE, child_environment, wait_for
from tests.status_pages import StatusPages

KEYS = ["tweets_in", "positive", "mentions", "coded", "alerts", "dead_letters", "seconds"]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "monitor.cli", *arguments]


class Up:
    """A running `ade-monitor up`, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "ade-data"
        self.output = folder / "up.output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command("up", "--bundle", "dummy"),
                stdout=output,
                stderr=output,
                cwd=folder,
                # Long, so that a stop that waits for a worker which does not answer is not quick by chance.
                env={**child_environment(), "ADE_WORKER__SHUTDOWN_TIMEOUT": "600"},
                start_new_session=True,
            )

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            input=stdin,
            text=True,
            capture_output=True,
            timeout=PATIENCE * 5,
            cwd=self.folder,
            env=child_environment(),
            check=False,
        )

    def has_effect(self, word: str) -> bool:
        return word in self.run("query", "--json").stdout

    def pages(self) -> StatusPages:
        """Return the pages of `up` itself."""
        [port] = re.findall(r"http://127\.0\.0\.1:(\d+)/metrics; each worker", self.output.read_text())
        return StatusPages(int(port))

    def pages_of_worker(self) -> StatusPages:
        """Return the pages of the worker that was ready last."""
        ports = re.findall(r"metrics and health: http://127\.0\.0\.1:(\d+)/", self.output.read_text())
        return StatusPages(int(ports[-1]))

    def worker(self) -> int | None:
        return self.child("worker")

    def running_worker(self) -> int:
        """Wait for the worker: the kernel's list of children may miss one while another one ends."""
        pids: list[int | None] = [None]

        def is_there() -> bool:
            pids[0] = self.worker()
            return pids[0] is not None

        wait_for(is_there)
        assert pids[0] is not None
        return pids[0]

    def child(self, word: str) -> int | None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in children:
            command = re.split("[\0 ]", Path(f"/proc/{pid}/cmdline").read_text())  # Valkey joins its words
            if any(argument == word or argument.endswith(f"/{word}") for argument in command):
                return int(pid)
        return None


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    monitor = Up(tmp_path)
    wait_for(lambda: "is running" in monitor.output.read_text() or monitor.process.poll() is not None)
    assert monitor.process.poll() is None, monitor.output.read_text()
    yield monitor
    monitor.process.kill()
    monitor.process.wait()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_up_restarts_what_died_and_stops_cleanly_and_a_demo_follows(up: Up) -> None:
    second = up.run("up")
    assert second.returncode == 1
    assert str(up.process.pid) in second.stderr
    assert "Traceback" not in second.stderr

    wait_for(lambda: "the worker is ready" in up.output.read_text(), PATIENCE * 3)
    fed = up.run("feed", "-", stdin='{"id": "1", "text": "zoloft and a headache"}\n')
    assert fed.returncode == 0, fed.stderr
    wait_for(lambda: up.has_effect("headache"))
    wait_for(lambda: up.pages_of_worker().scrape().value("ade_posts_stored_total") == 1)
    assert up.pages().is_ready()

    worker = up.running_worker()
    os.kill(worker, signal.SIGKILL)
    up.run("feed", "-", stdin='{"id": "2", "text": "paxil makes me dizzy"}\n')
    wait_for(lambda: up.has_effect("dizzy"))
    assert "started again" in up.output.read_text()
    assert (up.data / "worker" / "scoring-0.json").exists()  # the scoring journal, also of the next worker
    wait_for(lambda: up.output.read_text().count("the worker is ready") == 2, PATIENCE * 3)

    for server in ("postgres", "valkey-server"):
        pid = up.child(server)
        assert pid
        os.kill(pid, signal.SIGKILL)
    up.run("feed", "-", stdin='{"id": "5", "text": "prozac and nausea since monday"}\n')
    wait_for(lambda: up.has_effect("nausea"), PATIENCE * 3)
    assert up.output.read_text().count("answers again on port") == 2
    restarts = up.pages().scrape()
    for program in ("worker", "postgres", "valkey"):
        assert restarts.value("ade_restarts_total", program=program) == 1
    wait_for(up.pages_of_worker().is_ready, PATIENCE * 3)
    wait_for(up.pages().is_ready)
    assert up.pages().scrape().value("ade_workers_ready") == 1
    assert up.process.poll() is None

    worker = up.running_worker()
    os.kill(worker, signal.SIGSTOP)
    up.run("feed", "-", stdin='{"id": "3", "text": "never read"}\n{"id": "4", "text": "nor this"}\n')
    up.process.send_signal(signal.SIGINT)
    os.kill(worker, signal.SIGKILL)
    assert up.process.wait(PATIENCE) == 0, up.output.read_text()
    assert re.search(r"\b2 tweets were not read", up.output.read_text())
    assert read_endpoints(up.data) is None
    assert lock_holder(up.data) is None
    assert "password" in up.output.read_text()
    for secret in up.data.glob("*.password"):
        assert secret.read_text().strip() not in up.output.read_text()

    demo = up.run("demo", "--once", "--bundle", "dummy")
    assert demo.returncode == 0, demo.stderr
    outcome = json.loads(demo.stdout.splitlines()[-1])
    assert list(outcome) == KEYS
    assert (outcome["tweets_in"], outcome["dead_letters"]) == (40, 0)
    assert 0 < outcome["positive"] <= outcome["mentions"] == outcome["coded"] == outcome["alerts"]


def test_a_second_ctrl_c_kills_what_has_not_stopped(up: Up) -> None:
    worker = up.running_worker()
    os.kill(worker, signal.SIGSTOP)  # it will not react to SIGTERM
    up.process.send_signal(signal.SIGTERM)
    wait_for(lambda: not Path(f"/proc/{up.process.pid}/fd").exists() or is_stopping(up))
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(PATIENCE) == 0
    assert not Path(f"/proc/{worker}").exists()


def test_output_on_a_full_disk_does_not_end_the_monitor(tmp_path: Path) -> None:
    def refuse(message: str) -> None:
        with open("/dev/full", "w") as output:  # noqa: PTH123 - the device of a disk that is always full
            output.write(message)

    with pytest.raises(OSError, match="No space left"):
        refuse("what a terminal would show")
    settings = Settings(embedded=EmbeddedSettings(data_dir=tmp_path))
    RunningMonitor(settings, workers=1, notify=refuse)._notify("the disk is full")


def is_stopping(up: Up) -> bool:
    return "stopping" in up.output.read_text()


@pytest.mark.parametrize("name", ["up", "demo"])
def test_an_unknown_bundle_fails_before_anything_is_started(tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        command(name, "--bundle", "no-such-bundle"),
        cwd=tmp_path,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "no-such-bundle" in done.stderr
    assert not (tmp_path / "ade-data").exists()


@pytest.mark.slow
def test_a_demo_that_times_out_names_what_is_missing_and_the_logs(tmp_path: Path) -> None:
    ended = subprocess.run(
        command("demo", "--once", "--bundle", "dummy:10", "--timeout", "3"),
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        cwd=tmp_path,
        env={**child_environment(), "ADE_WORKER__SHUTDOWN_TIMEOUT": "1"},
        check=False,
    )
    assert ended.returncode == 1
    assert "40 of 40 tweets are not in the database" in ended.stderr
    assert str(tmp_path / "ade-data" / "logs") in ended.stderr
    assert "Traceback" not in ended.stderr
