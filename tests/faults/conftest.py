"""Fixtures of the fault suite: both brokers, settings for each, and the report.

`make test-faults` runs the suite; `make test` and `make test-full` leave it out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from kafka.admin import KafkaAdminClient, NewTopic
from pydantic import SecretStr

from monitor.embedded import Postgres
from monitor.settings import DatabaseSettings, Settings, StoreSettings
from monitor.store import upgrade_database
from tests.apache_kafka import ApacheKafka, apache_kafka
from tests.faults.report import FaultLines, FaultReport
from tests.flow.conftest import FlowResults
from tests.gate import Gate

FOLDER = Path(__file__).parent
TANSU = "Tansu"
APACHE = "Apache Kafka"


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FaultLines(config), "fault lines")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker("faults")
            item.add_marker(pytest.mark.timeout(900))


@dataclass(frozen=True)
class FaultBroker:
    """A broker that a case runs on.

    Attributes:
        name: for the report.
        bootstrap: `host:port`.
        apache: the Apache Kafka, or None if this is the embedded broker.
    """

    name: str
    bootstrap: str
    apache: ApacheKafka | None = None


@pytest.fixture
def report(request: pytest.FixtureRequest) -> FaultReport:
    """Takes the line of this case for the table."""
    return FaultReport(request.node.user_properties)


@pytest.fixture(scope="session")
def shared_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """An Apache Kafka of one node, for all cases that leave it running."""
    with apache_kafka(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[ApacheKafka]:
    """An Apache Kafka that this case may stop."""
    with apache_kafka(tmp_path / "kafka") as kafka:
        yield kafka


@pytest.fixture(params=[TANSU, APACHE])
def each_broker(request: pytest.FixtureRequest) -> FaultBroker:
    """Run the case on the embedded broker and on Apache Kafka; it must not stop or break either."""
    if request.param == TANSU:
        return FaultBroker(TANSU, request.getfixturevalue("kafka_bootstrap"))
    kafka: ApacheKafka = request.getfixturevalue("shared_kafka")
    return FaultBroker(APACHE, kafka.bootstrap, kafka)


@pytest.fixture
def on_broker(each_broker: FaultBroker, migrated: Settings) -> Settings:
    """As `migrated`, with a fresh topic of four partitions on the broker of this case.

    On the embedded broker, posts without an effect have rows. On Apache Kafka, they have none, as by default.
    """
    settings = on_fresh_topic(migrated, each_broker.bootstrap)
    negatives = "all" if each_broker.name == TANSU else "none"
    return settings.model_copy(update={"store": StoreSettings(negatives=negatives)})


@pytest.fixture
def results(migrated: Settings) -> Iterator[FlowResults]:
    """The database and the alerts of this case."""
    with psycopg.connect(migrated.database.url.get_secret_value(), autocommit=True) as connection:
        yield FlowResults(migrated, connection)


@pytest.fixture
def database_gate(migrated: Settings) -> Iterator[Gate]:
    """A gate in front of Postgres, for `behind_gate`."""
    gate = Gate(urlsplit(migrated.database.url.get_secret_value()).port or 5432)
    yield gate
    gate.shut()


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A Postgres that the case may stop. Unlike that of other tests, it loses nothing in a crash."""
    server = Postgres(tmp_path / "postgres", start_timeout=300.0)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def on_own_postgres(own_postgres: Postgres, migrated: Settings) -> Settings:
    """As `migrated`, with the database in a Postgres of its own."""
    settings = migrated.model_copy(update={"database": migrated.database.at(own_postgres.url)})
    upgrade_database(settings)
    return settings


def behind_gate(settings: Settings, gate: Gate) -> Settings:
    """Return settings whose database is reached through a gate."""
    url = settings.database.url.get_secret_value()
    url = url.replace(f":{urlsplit(url).port}", f":{gate.port}")
    return settings.model_copy(update={"database": DatabaseSettings(url=SecretStr(url))})


def on_fresh_topic(settings: Settings, bootstrap: str, *, partitions: int = 4) -> Settings:
    """Return settings for a fresh topic, which this creates, and its dead letters on a broker."""
    name = f"tweets-{uuid.uuid4().hex[:12]}"
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name, partitions, -1), NewTopic(f"{name}.dlq", 1, -1)])
    admin.close()
    update = {"bootstrap_servers": bootstrap, "topic": name, "group_id": f"group-{name}"}
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update=update)})
