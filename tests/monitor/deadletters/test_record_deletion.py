"""Removed letters leave the disk of a real Apache Kafka, and a broker that refuses keeps all of them."""

from __future__ import annotations

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from structlog.testing import capture_logs

from monitor.deadletters import ScrubError, read_letters, scrub_letters
from monitor.settings import KafkaSettings
from tests.apache_kafka import ApacheKafka
from tests.monitor.deadletters.conftest import sender_of
from tests.processes import wait_for

LETTERS = [
    f'{{"id": "{number}", "text": "dizzy {number}", "created_at": "soon"}}'.encode() for number in range(4)
]


def configured(kafka: KafkaSettings, **configs: str) -> dict[str, str]:
    """Change settings of the dead-letter topic, and return those that differ from the defaults."""
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    topic = kafka.dead_letter_topic
    changes = {name.replace("_", "."): value for name, value in configs.items()}
    if changes:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, changes)])
    described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, None)])
    admin.close()
    return {name: entry["value"] for name, entry in described["topic"][topic].items()}


def test_the_text_of_removed_letters_leaves_the_disk(
    apache: ApacheKafka, apache_topics: KafkaSettings
) -> None:
    topic = apache_topics.dead_letter_topic
    sender_of(apache_topics)(*LETTERS)
    assert apache.files_with(b"dizzy 1", topic)
    scrub_letters(apache_topics, lambda ids: {"1"} & set(ids))
    wait_for(lambda: not apache.files_with(b"dizzy 1", topic))
    assert apache.files_with(b"dizzy 2", topic)
    assert [letter.value for letter in read_letters(apache_topics)] == [LETTERS[0], *LETTERS[2:]]


@pytest.mark.parametrize("before", [{}, {"segment_ms": "3600000"}, {"segment_ms": "1000"}])
def test_the_settings_of_the_topic_are_restored(before: dict[str, str], apache_topics: KafkaSettings) -> None:
    configured(apache_topics, **before)
    sender_of(apache_topics)(*LETTERS)
    scrub_letters(apache_topics, lambda ids: {"1"} & set(ids))
    # A second is what a scrub sets, and what one that died leaves behind.
    expected = {"segment.ms": "3600000"} if before.get("segment_ms") == "3600000" else {}
    wait_for(lambda: configured(apache_topics) == expected)


def test_a_topic_whose_policy_forbids_it_keeps_all_letters(apache_topics: KafkaSettings) -> None:
    sender_of(apache_topics)(*LETTERS)
    configured(apache_topics, cleanup_policy="compact")
    with pytest.raises(ScrubError, match=r"cleanup\.policy") as caught:
        scrub_letters(apache_topics, lambda ids: ids)
    assert caught.value.advice
    configured(apache_topics, cleanup_policy="delete")
    assert [letter.value for letter in read_letters(apache_topics)] == LETTERS


def test_without_the_right_to_start_a_segment_letters_are_removed_with_a_warning(
    apache_topics: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kafka.errors import TopicAuthorizationFailedError

    def refuse(*_: object, **__: object) -> None:
        raise TopicAuthorizationFailedError

    monkeypatch.setattr(KafkaAdminClient, "alter_configs", refuse)
    sender_of(apache_topics)(*LETTERS)
    with capture_logs() as logs:
        scrub_letters(apache_topics, lambda ids: {"1"} & set(ids))
    assert ["ALTER_CONFIGS" in entry["advice"] for entry in logs if entry["log_level"] == "warning"] == [True]
    assert len(list(read_letters(apache_topics))) == 3


def test_without_the_right_to_delete_all_letters_stay(
    apache_topics: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kafka.errors import TopicAuthorizationFailedError

    def refuse(*_: object, **__: object) -> None:
        raise TopicAuthorizationFailedError

    sender_of(apache_topics)(*LETTERS)
    with monkeypatch.context() as patch:
        patch.setattr(KafkaAdminClient, "delete_records", refuse)
        with pytest.raises(ScrubError, match="does not allow") as caught:
            scrub_letters(apache_topics, lambda ids: ids)
    assert "kafka-acls" in caught.value.advice
    assert len(list(read_letters(apache_topics))) == 4


def test_a_topic_with_the_name_of_the_second_topic_is_left_alone(apache_topics: KafkaSettings) -> None:
    other = f"{apache_topics.dead_letter_topic}.scrub"
    admin = KafkaAdminClient(bootstrap_servers=apache_topics.bootstrap_servers)
    admin.create_topics([NewTopic(other, 1, 1)])
    admin.wait_for_topics([other])
    sender_of(apache_topics)(*LETTERS)
    scrub_letters(apache_topics, lambda ids: {"1"} & set(ids))
    assert other in admin.list_topics()
    admin.close()
