"""Apache Kafka as the embedded broker: one node on loopback, whose topics survive a restart.

Its programs come from a folder of the user's: a distribution of Apache Kafka, or only its jars.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from monitor.embedded.broker import LoopbackBroker, speaks_kafka
from monitor.embedded.folder import make_data_folder, make_private_folder, translate_os_errors
from monitor.embedded.java import find_java
from monitor.embedded.process import Program, run_to_end
from monitor.embedded.servers import free_port
from monitor.errors import EmbeddedError

OLDEST_KAFKA: Final = 4
"""The first major version that this file has settings for."""

HEAP: Final = "512m"
RETENTION_HOURS: Final = 168
FORMAT_TIMEOUT: Final = 60.0  # seconds

CORE_JAR: Final = re.compile(r"kafka_2\.\d+-(\d+)\.[\d.]+\.jar")
KAFKA_HOME: Final = "KAFKA_HOME"

BROKER_SETTINGS: Final[Mapping[str, object]] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "log.retention.hours": RETENTION_HOURS,
    # Few partitions need few threads.
    "num.network.threads": 2,
    "num.io.threads": 4,
}
LOG_SETTINGS: Final = """\
status = error
appender.console.type = Console
appender.console.name = stdout
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = stdout
"""


class ApacheKafka(LoopbackBroker):
    """Apache Kafka on loopback. Its data go to `kafka/` in the data folder, and stay for seven days.

    Args:
        data_dir: folder of the embedded stack.
        home: folder of a distribution, or of its jars; by default the one that KAFKA_HOME names.
        start_timeout: seconds until a start counts as failed.
        port: where it listens; None for a free port.
    """

    kind = "kafka"
    keeps_topics = True

    def __init__(
        self, data_dir: Path, home: Path | None, *, start_timeout: float = 30, port: int | None = None
    ) -> None:
        super().__init__(data_dir, start_timeout=start_timeout, port=port)
        self._home = home

    def require_programs(self) -> tuple[Path, Path]:
        """Return the Java program and the folder of Kafka's jars.

        Raises:
            EmbeddedError: one of them is missing, or too old.
        """
        return find_java(), find_jars(self._home)

    def start(self) -> None:
        """Start the broker, after formatting its storage if that is new, and wait until it answers.

        Raises:
            EmbeddedError: there is no Java or no Kafka, its folder cannot be used, or it ended or did not
                answer.
        """
        java, jars = self.require_programs()
        data_dir = make_data_folder(self._data_dir)
        folder = make_private_folder(data_dir / "kafka")
        log = make_private_folder(data_dir / "logs") / "broker.log"
        settings = folder / "server.properties"
        _write(folder / "log4j2.properties", LOG_SETTINGS)

        def command(heap: str, *arguments: str) -> tuple[str, ...]:
            return (
                *(str(java), f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseSerialGC"),
                *("-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData"),
                f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}",
                *("-cp", f"{jars}/*", *arguments),
            )

        def program_for(port: int) -> Program:
            _write(settings, _properties(port=port, log_dir=storage_of(data_dir)))
            return Program(
                name="the broker (Apache Kafka)",
                command=command(HEAP, "kafka.Kafka", str(settings)),
                folder=folder,
                log=log,
                # It writes its position, so that the next start has nothing to check.
                stop_signals=((signal.SIGTERM, 20),),
            )

        if not has_topics(data_dir):
            unfinished = storage_of(data_dir).with_name("log.new")
            with translate_os_errors(folder):
                shutil.rmtree(unfinished, ignore_errors=True)
            _write(settings, _properties(port=free_port(), log_dir=unfinished))
            cluster = ("--cluster-id", new_cluster_id(), "--config", str(settings))
            run_to_end(
                Program(
                    name="the formatting of Apache Kafka's storage",
                    command=command("128m", "kafka.tools.StorageTool", "format", *cluster),
                    folder=folder,
                    log=log,
                ),
                max(FORMAT_TIMEOUT, self._start_timeout),
            )
            with translate_os_errors(folder):
                unfinished.rename(storage_of(data_dir))
        self._start(program_for, speaks_kafka)


def storage_of(data_dir: Path) -> Path:
    """Return the folder of the topics of Apache Kafka in the data folder of the embedded stack."""
    return data_dir / "kafka" / "log"


def has_topics(data_dir: Path) -> bool:
    """Return True if Apache Kafka ran in this data folder."""
    return (storage_of(data_dir) / "meta.properties").exists()


def find_jars(home: Path | None) -> Path:
    """Return the folder with the jars of Apache Kafka: `home`, or its folder `libs`.

    Args:
        home: folder of a distribution; by default the one that the variable KAFKA_HOME names.

    Raises:
        EmbeddedError: no folder is named, it has no jars of Kafka, or their version is too old.
    """
    variable = os.environ.get(KAFKA_HOME)
    home = home or (Path(variable) if variable else None)
    advice = (
        f"download Apache Kafka {OLDEST_KAFKA} from https://kafka.apache.org/downloads, unpack it, and name "
        f"its folder with --kafka-home, ADE_EMBEDDED__KAFKA_HOME or {KAFKA_HOME}"
    )
    if home is None:
        raise EmbeddedError("the folder of Apache Kafka is not known", advice)
    for folder in (home / "libs", home):
        jars = [jar for path in folder.glob("kafka_2.*.jar") if (jar := CORE_JAR.fullmatch(path.name))]
        if not jars:
            continue
        if int(jars[0][1]) < OLDEST_KAFKA:
            raise EmbeddedError(f"{folder} has {jars[0][0]}, which is too old", advice)
        return folder.resolve()
    fact = "has no jars of Apache Kafka (kafka_2.13-….jar)" if home.is_dir() else "is not a folder"
    raise EmbeddedError(f"{home.absolute()} {fact}", advice)


def new_cluster_id() -> str:
    """Return a random id as Kafka writes it: 16 bytes in base64, which do not start with a dash."""
    while (cluster := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return cluster


def _properties(*, port: int, log_dir: Path) -> str:
    controller = free_port()
    settings = {
        **BROKER_SETTINGS,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        # A file of properties takes a backslash for the start of an escape.
        "log.dirs": str(log_dir).replace("\\", "\\\\"),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _write(path: Path, text: str) -> None:
    with translate_os_errors(path.parent):
        path.write_text(text, encoding="utf-8")
