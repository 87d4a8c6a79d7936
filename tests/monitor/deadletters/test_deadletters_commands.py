"""`ade-monitor deadletters list` and `replay` on a real broker."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from monitor.cli.app import app
from monitor.deadletters import ReplayError, dead_letter
from monitor.errors import PoisonError
from monitor.ingest import read_message
from monitor.kafka import open_producer
from monitor.records import Origin, RefusedMessage
from monitor.settings import KafkaSettings
from tests.topic_content import content_of

VALUES: list[bytes | None] = [
    None,
    b"",
    b'{"id": "1", "text": "diz',
    b'{"id": "2", "text": "\xff"}',
    b'{"id": "3", "text": "x", "created_at": "soon"}',
]
REASONS = ["empty", "empty", "not-json", "not-utf8", "bad-date"]
TOO_LONG = b'{"id": "4", "text": "' + b"a" * 950_000 + b'"}'
READABLE = b'{"id": "5", "text": "dizzy"}'

SendLetters = Callable[..., None]


@pytest.fixture
def send_letters(kafka: KafkaSettings) -> SendLetters:
    """Sends dead letters as the worker does; a valid one was refused by an older, narrower contract."""

    def send(*values: bytes | None) -> None:
        producer = open_producer(kafka)
        for offset, value in enumerate(values):
            try:
                read_message(value)
                error = PoisonError("bad-id", "an older contract was narrower")
            except PoisonError as refusal:
                error = refusal
            origin = Origin(kafka.topic, 1, offset, datetime(2026, 3, 14, tzinfo=UTC), b"old key", value)
            letter = dead_letter(RefusedMessage(origin, error))
            producer.send(kafka.dead_letter_topic, letter.value, key=letter.key, headers=letter.headers).get(
                30
            )
        producer.close()

    return send


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["deadletters", *map(str, arguments)], input=stdin)


def listed(*arguments: str) -> list[dict[str, Any]]:
    result = run("list", "--json", *arguments)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


async def arrived(kafka: KafkaSettings, count: int) -> list[Any]:
    return await content_of(kafka.bootstrap_servers, kafka.topic, count=count)


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


async def test_a_replay_sends_letters_that_are_valid_now_and_only_once(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(*VALUES, READABLE)
    first = run("replay", "--all")
    assert first.exit_code == 0
    assert "1 sent" in first.stdout
    assert "1 sent before" in run("replay", "--all").stdout
    send_letters(b'{"id": "6", "text": "sleepy"}')
    assert "1 sent before, 1 sent" in run("replay", "--reason", "bad-id").stdout
    messages = await arrived(kafka, 2)
    assert sorted((message.key, message.value) for message in messages) == [
        (b"5", READABLE),
        (b"6", b'{"id": "6", "text": "sleepy"}'),
    ]
    assert ("ade-replayed-from", f"{kafka.dead_letter_topic}:0:5".encode()) in messages[0].headers + messages[
        1
    ].headers


async def test_letters_that_were_sent_are_listed_only_with_all(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(READABLE, b"")
    run("replay", "--offset", "0:0")
    assert [letter["letter"] for letter in listed()] == ["0:1"]
    everything = listed("--all")
    assert [letter["letter"] for letter in everything] == ["0:0", "0:1"]
    (message,) = await arrived(kafka, 1)
    assert everything[0]["sent_to"] == f"{kafka.topic}:{message.partition}:{message.offset}"


@pytest.mark.parametrize("way", ["option", "file", "input"])
async def test_a_letter_with_a_new_value_is_sent_and_no_other(
    kafka: KafkaSettings, send_letters: SendLetters, tmp_path: Path, way: str
) -> None:
    send_letters(*VALUES)
    (tmp_path / "new value").write_bytes(READABLE)
    arguments: list[str | Path] = {
        "option": ["--value", READABLE.decode()],
        "file": ["--value-file", tmp_path / "new value"],
        "input": ["--value-file", "-"],
    }[way]
    result = run("replay", "--offset", "0:2", *arguments, stdin=READABLE)
    assert result.exit_code == 0
    (message,) = await arrived(kafka, 1)
    assert (message.key, message.value) == (b"5", READABLE)
    assert [letter["letter"] for letter in listed()] == ["0:0", "0:1", "0:3", "0:4"]


async def test_a_letter_that_was_cut_or_null_is_never_sent_as_it_is(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(None, TOO_LONG, READABLE)
    result = run("replay", "--offset", "0:0", "--offset", "0:1", "--force")
    assert isinstance(result.exception, ReplayError)
    assert "2 not whole" in result.stdout
    run("replay", "--all")
    assert [message.value for message in await arrived(kafka, 1)] == [READABLE]


async def test_force_sends_invalid_letters_and_again_sends_letters_once_more(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(b"no tweet", READABLE)
    for _ in range(2):
        assert run("replay", "--all", "--force").exit_code == 0
    assert run("replay", "--offset", "0:1", "--again").exit_code == 0
    messages = await arrived(kafka, 3)
    assert sorted((message.key, message.value) for message in messages) == [
        (b"5", READABLE),
        (b"5", READABLE),
        (b"old key", b"no tweet"),
    ]


async def test_a_dry_run_sends_nothing(kafka: KafkaSettings, send_letters: SendLetters) -> None:
    send_letters(READABLE)
    assert "1 would be sent" in run("replay", "--all", "--dry-run").stdout
    assert await arrived(kafka, 0) == []
    assert "1 sent" in run("replay", "--all").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--offset", "12"],
        ["--offset", "0:77"],
        ["--all", "--value", "{}"],
        ["--offset", "0:0", "--offset", "0:1", "--value", READABLE.decode()],
        ["--offset", "0:0", "--value", "{}"],
        ["--offset", "0:0", "--value", "{}", "--value-file", "f"],
        ["--offset", "0:0", "--value-file", "/nowhere"],
        ["--offset", "0:1"],
    ],
)
async def test_an_impossible_replay_fails_and_sends_nothing(
    kafka: KafkaSettings, send_letters: SendLetters, arguments: list[str]
) -> None:
    send_letters(READABLE, b"")
    result = run("replay", *arguments)
    assert isinstance(result.exception, ReplayError)
    assert len(listed()) == 2
