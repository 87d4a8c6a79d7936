"""`ade-monitor deadletters list` shows the letters in the dead-letter topic, on a real broker."""

from __future__ import annotations

import base64

from monitor.settings import KafkaSettings
from tests.monitor.deadletters.letters import (
    REASONS,
    TOO_LONG,
    VALID,
    VALUES,
    SendLetters,
    arrived,
    listed,
    run,
)


def test_without_letters_the_list_is_a_note_on_standard_error(kafka: KafkaSettings) -> None:
    result = run("list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert kafka.dead_letter_topic in result.stderr


def test_a_missing_topic_has_no_letters(kafka: KafkaSettings) -> None:
    assert listed("--topic", "nowhere") == []


def test_letters_are_listed_with_reason_origin_and_value(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(*VALUES, TOO_LONG)
    letters = listed()
    assert [letter["letter"] for letter in letters] == [f"0:{n}" for n in range(6)]
    assert [letter["reason"] for letter in letters] == [*REASONS, "too-long"]
    assert [letter["value"] for letter in letters[:3]] == [None, "", '{"id": "1", "text": "diz']
    assert base64.b64decode(letters[3]["value_base64"]) == VALUES[3]
    assert [letter["whole"] for letter in letters] == [False, True, True, True, True, False]
    assert letters[5]["value_length"] == len(TOO_LONG)
    assert letters[2]["origin"] == {
        "topic": kafka.topic,
        "partition": 1,
        "offset": 2,
        "timestamp": "2026-03-14T00:00:00+00:00",
    }


def test_letters_can_be_selected_by_reason_and_number(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(*VALUES)
    assert [letter["letter"] for letter in listed("--reason", "empty")] == ["0:0", "0:1"]
    assert [letter["letter"] for letter in listed("--limit", "2")] == ["0:3", "0:4"]
    assert "nothing-like-it" in run("list", "--reason", "nothing-like-it").stderr
    table = run("list", "--limit", "1").stdout
    assert "bad-date" in table and "not-utf8" not in table


def test_the_list_shows_the_source_of_each_letter(kafka: KafkaSettings, send_letters: SendLetters) -> None:
    send_letters(b'{"id": "1", "text": " "}')
    send_letters(b"{", source="x-v2")
    send_letters(b"{")
    assert [letter["source"] for letter in listed()] == ["contract", "x-v2", None]
    assert "x-v2" in run("list").stdout


async def test_letters_that_were_sent_are_listed_only_with_all(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(VALID, b"")
    run("replay", "--offset", "0:0")
    assert [letter["letter"] for letter in listed()] == ["0:1"]
    everything = listed("--all")
    assert [letter["letter"] for letter in everything] == ["0:0", "0:1"]
    (message,) = await arrived(kafka, 1)
    assert everything[0]["sent_to"] == f"{kafka.topic}:{message.partition}:{message.offset}"
