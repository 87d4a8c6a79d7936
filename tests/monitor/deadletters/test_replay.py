"""`ade-monitor deadletters replay` sends letters once, and only those that are valid, on a real broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.deadletters import ReplayError
from monitor.settings import KafkaSettings
from tests.monitor.deadletters.letters import TOO_LONG, VALID, VALUES, SendLetters, arrived, listed, run


async def test_a_replay_sends_letters_that_are_valid_now_and_only_once(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(*VALUES, VALID)
    first = run("replay", "--all")
    assert first.exit_code == 0
    assert "1 sent" in first.stdout
    assert "1 sent before" in run("replay", "--all").stdout
    send_letters(b'{"id": "6", "text": "sleepy"}')
    assert "1 sent before, 1 sent" in run("replay", "--reason", "bad-id").stdout
    messages = await arrived(kafka, 2)
    assert sorted((message.key, message.value) for message in messages) == [
        (b"5", VALID),
        (b"6", b'{"id": "6", "text": "sleepy"}'),
    ]
    assert ("ade-replayed-from", f"{kafka.dead_letter_topic}:0:5".encode()) in messages[0].headers + messages[
        1
    ].headers


@pytest.mark.parametrize("way", ["option", "file", "input"])
async def test_a_letter_with_a_new_value_is_sent_and_no_other(
    kafka: KafkaSettings, send_letters: SendLetters, tmp_path: Path, way: str
) -> None:
    send_letters(*VALUES)
    (tmp_path / "new value").write_bytes(VALID)
    arguments: list[str | Path] = {
        "option": ["--value", VALID.decode()],
        "file": ["--value-file", tmp_path / "new value"],
        "input": ["--value-file", "-"],
    }[way]
    result = run("replay", "--offset", "0:2", *arguments, stdin=VALID)
    assert result.exit_code == 0
    (message,) = await arrived(kafka, 1)
    assert (message.key, message.value) == (b"5", VALID)
    assert [letter["letter"] for letter in listed()] == ["0:0", "0:1", "0:3", "0:4"]


async def test_a_letter_that_was_cut_or_null_is_never_sent_as_it_is(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(None, TOO_LONG, VALID)
    result = run("replay", "--offset", "0:0", "--offset", "0:1", "--force")
    assert isinstance(result.exception, ReplayError)
    assert "2 not whole" in result.stdout
    run("replay", "--all")
    assert [message.value for message in await arrived(kafka, 1)] == [VALID]


async def test_force_sends_invalid_letters_and_again_sends_letters_once_more(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(b"no tweet", VALID)
    for _ in range(2):
        assert run("replay", "--all", "--force").exit_code == 0
    assert run("replay", "--offset", "0:1", "--again").exit_code == 0
    messages = await arrived(kafka, 3)
    assert sorted((message.key, message.value) for message in messages) == [
        (b"5", VALID),
        (b"5", VALID),
        (b"old key", b"no tweet"),
    ]


async def test_a_dry_run_sends_nothing(kafka: KafkaSettings, send_letters: SendLetters) -> None:
    send_letters(VALID)
    assert "1 would be sent" in run("replay", "--all", "--dry-run").stdout
    assert await arrived(kafka, 0) == []
    assert "1 sent" in run("replay", "--all").stdout


async def test_a_replay_keeps_the_source_and_reads_the_letter_as_that_source(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(VALID, source="contract")
    send_letters(VALID, source="nowhere")
    result = run("replay", "--all")
    assert "1 sent, 1 still unreadable" in result.stdout
    (message,) = await arrived(kafka, 1)
    assert dict(message.headers)["source"] == b"contract"
    assert run("replay", "--offset", "0:1", "--value", VALID.decode()).exit_code == 0
    messages = await arrived(kafka, 2)
    assert sorted("source" in dict(message.headers) for message in messages) == [False, True]


async def test_a_replayed_message_of_several_posts_has_the_key_of_the_first(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    several = b'[{"id": "7", "text": "dizzy"}, {"id": "8", "text": "sleepy"}]'
    send_letters(several)
    assert "1 sent" in run("replay", "--all").stdout
    (message,) = await arrived(kafka, 1)
    assert (message.key, message.value) == (b"7", several)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b'{"tombstone": {"event": "delete", "id": "7"}}', b"7"),
        (b'{"tombstone": {"event": "user_delete", "author_id": "900"}}', b"900"),
        (b'[{"tombstone": {"id": "7"}}, {"id": "8", "text": "dizzy"}]', b"8"),
    ],
)
async def test_a_replayed_tombstone_has_the_key_of_its_post_or_author(
    kafka: KafkaSettings, send_letters: SendLetters, value: bytes, key: bytes
) -> None:
    send_letters(value)
    assert "1 sent" in run("replay", "--all").stdout
    (message,) = await arrived(kafka, 1)
    assert (message.key, message.value) == (key, value)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--offset", "12"],
        ["--offset", "0:77"],
        ["--all", "--value", "{}"],
        ["--offset", "0:0", "--offset", "0:1", "--value", VALID.decode()],
        ["--offset", "0:0", "--value", "{}"],
        ["--offset", "0:0", "--value", "{}", "--value-file", "f"],
        ["--offset", "0:0", "--value-file", "/nowhere"],
        ["--offset", "0:1"],
    ],
)
async def test_an_impossible_replay_fails_and_sends_nothing(
    kafka: KafkaSettings, send_letters: SendLetters, arguments: list[str]
) -> None:
    send_letters(VALID, b"")
    result = run("replay", *arguments)
    assert isinstance(result.exception, ReplayError)
    assert len(listed()) == 2
