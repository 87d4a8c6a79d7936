"""The prompt that stands in for valkey-cli, against a real Valkey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from redis import ResponseError

from monitor.cli.redis_prompt import RedisPrompt, prompt_until_end, reply_lines
from monitor.embedded import free_port
from monitor.errors import RetryableError, SettingsError
from monitor.settings import RedisSettings


@pytest.fixture
def prompt(redis_url: str) -> Iterator[RedisPrompt]:
    prompt = RedisPrompt(RedisSettings(url=SecretStr(redis_url)))
    yield prompt
    prompt.close()


def type_in(prompt: RedisPrompt, *lines: str | BaseException) -> list[str]:
    """Return what is shown when a person types `lines`; exceptions are raised instead of a line."""
    remaining = iter(lines)
    shown: list[str] = []

    def read(_: str) -> str:
        line = next(remaining, EOFError())
        if isinstance(line, BaseException):
            raise line
        return line

    prompt_until_end(prompt, shown.append, read)
    return shown


def test_commands_get_their_replies(prompt: RedisPrompt) -> None:
    assert list(prompt.run(["PING"])) == ["PONG"]
    assert list(prompt.run(["XADD", "s", "1-1", "alert", '{"a": "ü"}'])) == ["1-1"]
    assert list(prompt.run(["xlen", "s"])) == ["1"]
    assert list(prompt.run(["XRANGE", "s", "-", "+"])) == [
        "1) 1) 1-1",
        "   2) 1) alert",
        '      2) {"a": "ü"}',
    ]
    assert list(prompt.run(["GET", "nothing"])) == ["(nil)"]


def test_a_refused_command_raises_the_reason(prompt: RedisPrompt) -> None:
    with pytest.raises(ResponseError, match="unknown command"):
        list(prompt.run(["NOSUCH"]))
    assert list(prompt.run(["PING"])) == ["PONG"], "the connection still works"


def test_a_person_types_commands_until_quit(prompt: RedisPrompt) -> None:
    shown = type_in(prompt, 'SET key "two words"', "", "GET key", "NOSUCH", "GET 'key", "QUIT", "GET key")
    assert shown[:2] == ["OK", "two words"]
    assert [line.startswith("(error)") for line in shown[2:]] == [True, True]


def test_ctrl_c_ends_a_command_and_ctrl_d_the_prompt(prompt: RedisPrompt) -> None:
    assert type_in(prompt, "PING", KeyboardInterrupt(), "PING") == ["PONG", "", "PONG"]


def test_messages_of_a_channel_are_shown_as_they_come(prompt: RedisPrompt, redis_url: str) -> None:
    messages = prompt.run(["SUBSCRIBE", "ade:alerts"])
    assert [next(messages) for _ in range(3)] == ["1) subscribe", "2) ade:alerts", "3) 1"]
    other = RedisPrompt(RedisSettings(url=SecretStr(redis_url)))
    assert list(other.run(["PUBLISH", "ade:alerts", "hint"])) == ["1"]
    assert [next(messages) for _ in range(3)] == ["1) message", "2) ade:alerts", "3) hint"]
    other.close()


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        (7, ["7"]),
        (None, ["(nil)"]),
        ([], ["(empty)"]),
        ([[], None], ["1) (empty)", "2) (nil)"]),
        (list("abcdefghij"), [f"{n:>2}) {c}" for n, c in enumerate("abcdefghij", 1)]),
    ],
)
def test_replies_are_numbered_and_indented(reply: Any, lines: list[str]) -> None:
    assert list(reply_lines(reply)) == lines


def test_a_server_that_is_away_or_refuses_the_login_is_named_without_the_password(redis_url: str) -> None:
    port = free_port()
    away = RedisPrompt(RedisSettings(url=SecretStr(f"redis://:s3cret@127.0.0.1:{port}/0")))
    with pytest.raises(RetryableError, match=str(port)) as caught:
        list(away.run(["PING"]))
    assert "s3cret" not in str(caught.value)
    wrong = RedisPrompt(RedisSettings(url=SecretStr(redis_url.replace("redis://:", "redis://:wrong"))))
    with pytest.raises(SettingsError, match="login"):
        list(wrong.run(["PING"]))
