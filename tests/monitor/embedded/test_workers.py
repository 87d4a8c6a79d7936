"""Workers under supervision, and what is shown of their logs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaProducer

from monitor.backoff import Backoff
from monitor.deadletters.stored_letters import RECEIPT_FOR, SENT_TO
from monitor.embedded import broker, workers
from monitor.embedded.broker import UnreadMessages, count_unread_messages
from monitor.embedded.workers import ErrorLogTail, SupervisedWorker, environment_of
from monitor.errors import EmbeddedError
from monitor.settings import KafkaSettings, ModelSettings, Settings, load_settings
from tests.processes import wait_for


def test_a_worker_that_will_not_live_is_given_up_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "RESTARTS", Backoff(first=0.01, longest=0.01))
    monkeypatch.setattr(workers, "MOST_QUICK_CRASHES", 2)
    said: list[str] = []
    settings = Settings(model=ModelSettings(bundle="no-such-bundle"))
    worker = SupervisedWorker(settings, tmp_path / "worker.log", "the worker", said.append)

    def given_up() -> bool:
        worker.supervise()
        return False

    with pytest.raises(EmbeddedError) as caught:
        wait_for(given_up)
    assert "no-such-bundle" in str(caught.value)
    assert str(tmp_path / "worker.log") in str(caught.value)
    assert sum("started again" in line for line in said) == workers.MOST_QUICK_CRASHES - 1
    assert any("no-such-bundle" in line for line in said), "the reason is shown as it happens"


def test_only_errors_of_a_log_are_shown_once_and_in_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text('{"level": "error", "event": "of the run before"}\n')
    complaints = ErrorLogTail(log)
    with log.open("a") as file:
        file.write('{"level": "info", "event": "tweets written"}\n')
        file.write('{"level": "error", "event": "the database is away", "seconds": 3, "timestamp": "now"}\n')
        file.write("Traceback (most recent call last):\nerror: no such bundle\n")
        file.write('{"level": "critical", "ev')
    assert complaints.new_errors() == ["the database is away (seconds: 3)", "error: no such bundle"]
    assert complaints.new_errors() == []
    with log.open("a") as file:
        file.write('ent": "broken"}\n')
    assert complaints.new_errors() == ["broken"]
    log.write_text("")
    assert complaints.new_errors() == []
    log.write_text("error: anew\n")
    assert complaints.new_errors() == ["error: anew"]


@given(
    group=st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1),
    bundle=st.sampled_from(["default", "/a folder/", "1", "null", '{"a": 1}', "true"]),
)
def test_settings_survive_the_way_through_the_environment(group: str, bundle: str) -> None:
    settings = Settings(kafka=KafkaSettings(group_id=group), model=ModelSettings(bundle=bundle))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment_of(settings).items():
            patch.setenv(name, value)
        assert load_settings().settings == settings


def test_what_only_the_broker_has_is_counted(settings: Settings) -> None:
    kafka = settings.kafka
    assert count_unread_messages(kafka) == UnreadMessages(0, 0)
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    for number in range(7):
        producer.send(kafka.topic, json.dumps({"id": str(number), "text": "hi"}).encode())
    for _ in range(2):
        producer.send(kafka.dead_letter_topic, b"what?")
    producer.flush()
    receipt = [(RECEIPT_FOR, b"0"), (SENT_TO, b"tweets:0:7")]
    producer.send(kafka.dead_letter_topic, b"", headers=receipt)
    producer.close()
    assert count_unread_messages(kafka) == UnreadMessages(7, 1), (
        "a letter that was sent again is not lost, nor a receipt"
    )


def test_a_broker_that_is_away_does_not_hold_up_a_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "COUNT_TIMEOUT", 0.5)
    assert count_unread_messages(KafkaSettings(bootstrap_servers="127.0.0.1:1")) is None
