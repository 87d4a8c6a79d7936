"""A real Apache Kafka of one to three nodes, for what the embedded broker cannot do.

It needs Java 17 and the folder of a Kafka 4 distribution, with the jars in `libs/`. KAFKA_HOME names it; by
default it is `shared/kafka` next to the project.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from monitor.embedded import free_port
from monitor.embedded.broker import speaks_kafka
from tests.processes import wait_for

NEXT_TO_THE_PROJECT: Final = Path(__file__).resolve().parents[2] / "shared" / "kafka"
LOG_SETTINGS: Final = "status = error\nrootLogger.level = off\n"
START_PATIENCE: Final = 300.0  # seconds; Java starts slowly while other tests run
CLUSTER: Final = "MkU3OEVBNTcwNTJENDM2Qk"  # an id, as Kafka encodes it
TOOLS: Final = {
    "topics": "org.apache.kafka.tools.TopicCommand",
    "groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "configs": "kafka.admin.ConfigCommand",
    "reassign": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "acls": "kafka.admin.AclCommand",
}
"""Kafka's own command-line tools that tests use, with their classes."""


class ApacheKafka:
    """Brokers on free ports of loopback, which keep their data in a folder.

    With one or two nodes, node 1 alone is the controller: kill node 2 for a change of leaders. With three
    nodes, each is a controller, and any one of them may die.

    Args:
        home: folder of the distribution.
        folder: where data and settings go.
        nodes: one to three.
        settings: settings of the brokers, in addition to ours or instead of them; `{port}` and
            `{controller}` in a value stand for the node's own ports.
    """

    def __init__(
        self, home: Path, folder: Path, *, nodes: int = 1, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.ports = [free_port() for _ in range(nodes)]
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        self._controllers = [free_port() for _ in range(nodes if nodes > 2 else 1)]
        self._home = home
        self._settings = dict(settings or {})
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def port(self) -> int:
        """Port of the first node."""
        return self.ports[0]

    @property
    def nodes(self) -> range:
        """Numbers of the nodes, from 1."""
        return range(1, len(self.ports) + 1)

    def start(self) -> None:
        """Format the storage that is new, start all nodes that do not run, and wait until they answer."""
        for node in self.nodes:
            if not self._properties(node).exists():
                self._format(node)
        for node in self.nodes:
            if node not in self._processes:
                self._launch(node)
        wait_for(lambda: all(map(self._answers, self.ports)), START_PATIENCE)

    def start_node(self, node: int) -> None:
        """Start a node again on its port, with its data, and wait until it answers."""
        self._launch(node)
        wait_for(lambda: self._answers(self.ports[node - 1]), START_PATIENCE)

    def stop_node(self, node: int) -> None:
        """Stop a node as its operator would: it passes its partitions on first."""
        self._processes[node].terminate()
        self._processes.pop(node).wait(60)

    def kill_node(self, node: int) -> None:
        """Kill a node."""
        process = self._processes.pop(node)
        process.kill()
        process.wait()

    def pause_node(self, node: int) -> None:
        """Make a node hang, with its connections open."""
        self._processes[node].send_signal(signal.SIGSTOP)

    def resume_node(self, node: int) -> None:
        """Make a paused node go on."""
        self._processes[node].send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill all nodes."""
        for node in list(self._processes):
            self.kill_node(node)

    def run_tool(self, name: str, *arguments: str) -> str:
        """Run one of `TOOLS` on this cluster, and return what it prints."""
        command = self._java(TOOLS[name], "--bootstrap-server", self.bootstrap, *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def files_with(self, text: bytes, topic: str) -> list[Path]:
        """Return the files of a topic that have this text."""
        return [path for path in self.folder.glob(f"log-*/{topic}-*/*") if text in _bytes_of(path)]

    def _properties(self, node: int) -> Path:
        return self.folder / f"server-{node}.properties"

    def _format(self, node: int) -> None:
        port, replicas = self.ports[node - 1], len(self.ports)
        is_controller = node <= len(self._controllers)
        controller = self._controllers[node - 1] if is_controller else 0
        voters = [f"{number}@127.0.0.1:{port}" for number, port in enumerate(self._controllers, 1)]
        values = {
            "process.roles": "broker,controller" if is_controller else "broker",
            "node.id": str(node),
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"PLAINTEXT://127.0.0.1:{port}"
            + (f",CONTROLLER://127.0.0.1:{controller}" if is_controller else ""),
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / f"log-{node}"),
            "auto.create.topics.enable": "false",
            "default.replication.factor": str(replicas),
            "offsets.topic.replication.factor": str(replicas),
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": str(replicas),
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "0",
            "broker.session.timeout.ms": "6000",
            # Deletion and retention act within a second instead of minutes.
            "log.retention.check.interval.ms": "500",
            "log.initial.task.delay.ms": "500",
            "log.segment.delete.delay.ms": "100",
        }
        for name, value in self._settings.items():
            values[name] = value.replace("{port}", str(port)).replace("{controller}", str(controller))
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log4j2.properties").write_text(LOG_SETTINGS)
        self._properties(node).write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        arguments = ["format", "--cluster-id", CLUSTER, "--config", str(self._properties(node))]
        subprocess.run(self._java("kafka.tools.StorageTool", *arguments), check=True, capture_output=True)

    def _launch(self, node: int) -> None:
        command = self._java("kafka.Kafka", str(self._properties(node)))
        self._processes[node] = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def _java(self, *arguments: str) -> list[str]:
        return [
            "java",
            # The second compiler takes a third of the time of a start, and pays only after a test has ended.
            *("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            *("-cp", f"{self._home / 'libs'}/*"),
            *arguments,
        ]

    def _answers(self, port: int) -> bool:
        try:
            return speaks_kafka(port)
        except OSError:
            return False


def _bytes_of(path: Path) -> bytes:
    """Return the content of a file, which is empty if the broker deletes it meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@contextmanager
def apache_kafka(
    folder: Path, *, nodes: int = 1, settings: Mapping[str, str] | None = None
) -> Iterator[ApacheKafka]:
    """Run brokers during the block; see `ApacheKafka`. Without a Kafka or a Java, the test is skipped."""
    kafka = ApacheKafka(kafka_home(), folder, nodes=nodes, settings=settings)
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.kill()


def kafka_home() -> Path:
    """Return the folder of Kafka, or skip the test."""
    home = Path(os.environ.get("KAFKA_HOME") or NEXT_TO_THE_PROJECT)
    if not (home / "libs").is_dir():
        pytest.skip("there is no Apache Kafka 4: KAFKA_HOME does not name its folder")
    if not shutil.which("java"):
        pytest.skip("Java is not installed")
    return home
