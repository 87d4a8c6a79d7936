"""A real Apache Kafka of one node, for what the embedded broker cannot do.

It needs Java 17 and the folder of a Kafka 4 distribution, with the jars in `libs/`. KAFKA_HOME names it; by
default it is `shared/kafka` next to the project.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.embedded import free_port
from monitor.embedded.broker import speaks_kafka
from tests.processes import wait_for

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/log
offsets.topic.replication.factor=1
log.retention.check.interval.ms=500
log.initial.task.delay.ms=500
log.segment.delete.delay.ms=100
"""
NEXT_TO_THE_PROJECT = Path(__file__).resolve().parents[4] / "shared" / "kafka"
LOG_SETTINGS = "status = error\nrootLogger.level = off\n"


class ApacheKafka:
    """A broker on a free port of loopback, which keeps its data in a folder."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Format the storage, start the broker, and wait until it answers."""
        settings = SETTINGS.format(port=self.port, controller=free_port(), folder=self.folder)
        (self.folder / "server.properties").write_text(settings)
        (self.folder / "log4j2.properties").write_text(LOG_SETTINGS)
        cluster = "MkU3OEVBNTcwNTJENDM2Qk"  # an id, as Kafka encodes it
        arguments = ["format", "--cluster-id", cluster, "--config", str(self.folder / "server.properties")]
        subprocess.run(self._java("kafka.tools.StorageTool", *arguments), check=True, capture_output=True)
        self._process = subprocess.Popen(
            self._java("kafka.Kafka", str(self.folder / "server.properties")), stdout=subprocess.DEVNULL
        )
        wait_for(self._answers)

    def kill(self) -> None:
        """Kill the broker."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def files_with(self, text: bytes, topic: str) -> list[Path]:
        """Return the files of a topic that have this text."""
        return [path for path in (self.folder / "log").glob(f"{topic}-*/*") if text in _bytes_of(path)]

    def _java(self, *arguments: str) -> list[str]:
        return [
            "java",
            *("-Xmx256m", "-XX:+UseSerialGC"),
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            *("-cp", f"{self._home / 'libs'}/*"),
            *arguments,
        ]

    def _answers(self) -> bool:
        try:
            return speaks_kafka(self.port)
        except OSError:
            return False


def _bytes_of(path: Path) -> bytes:
    """Return the content of a file, which is empty if the broker deletes it meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def kafka_home() -> Path:
    """Return the folder of Kafka, or skip the test."""
    home = Path(os.environ.get("KAFKA_HOME") or NEXT_TO_THE_PROJECT)
    if not (home / "libs").is_dir():
        pytest.skip("there is no Apache Kafka 4: KAFKA_HOME does not name its folder")
    if not shutil.which("java"):
        pytest.skip("Java is not installed")
    return home
