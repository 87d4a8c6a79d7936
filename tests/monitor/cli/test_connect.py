"""`ade-monitor connect`: every mistake shows before a connection is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.settings import KafkaSettings
from tests.monitor.cli.conftest import RunCommand

DRUGS = '[[drug]]\nname = "zoloft"\n'


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drugs.toml").write_text(DRUGS)
    # Nothing listens here: a command that connects to a platform fails with another message.
    monkeypatch.setenv("ADE_CONNECT__X_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ADE_CONNECT__JETSTREAM_HOSTS", "ws://127.0.0.1:9")


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["x"], {}, "there is no bearer token for X"),
        (["x"], {"ADE_CONNECT__X_BEARER_TOKEN": " "}, "there is no bearer token for X"),
        (["x"], {"ADE_CONNECT__X_BEARER_TOKEN": "AAA\nsecret"}, "is not a token"),
        (["x", "--sync-rules"], {"ADE_CONNECT__X_BEARER_TOKEN": "AAAsecret"}, "--sync-rules needs names"),
        (["x", "--drugs", "no.toml"], {"ADE_CONNECT__X_BEARER_TOKEN": "AAAsecret"}, "cannot be read"),
        (["x"], {"ADE_CONNECT__X_BEARER_TOKEN": "AAA", "ADE_CONNECT__X_URL": "api.x.com"}, "is not a URL"),
        (["bluesky", "--track", "drugs"], {}, "--track drugs needs names"),
        (["bluesky"], {"ADE_CONNECT__JETSTREAM_HOSTS": "https://a.example"}, "write wss://HOST"),
        (["bluesky"], {"ADE_CONNECT__JETSTREAM_HOSTS": " , "}, "names no host"),
        (["bluesky"], {"ADE_CONNECT__JETSTREAM_DICTIONARY": "drugs.toml"}, "is not a zstd dictionary"),
        (["bluesky", "--rejects", "no/folder/file"], {}, "--rejects no/folder/file cannot be written"),
        (["bluesky", "--state-dir", "drugs.toml"], {}, "drugs.toml cannot be used"),
        (["mastodon"], {}, "no Mastodon server is named"),
        (["mastodon", "--server", "https://"], {}, "is not a URL"),
        (["mastodon", "--server", "a.example", "--tag", "two words"], {}, "--tag is not a hashtag"),
        (["mastodon", "--server", "a.example", "--tag", "a", "--local"], {}, "exclude each other"),
    ],
)
def test_mistakes_show_before_a_connection_is_made(
    run: RunCommand,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    message: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ended = run(None, "connect", *arguments)
    assert ended.status == 1
    assert message in ended.err
    assert "AAA" not in ended.err


def test_a_missing_topic_shows_before_a_connection_is_made(run: RunCommand, kafka: KafkaSettings) -> None:
    ended = run(None, "connect", "bluesky", "--topic", "no-such-topic")
    assert ended.status == 1
    assert "has no topic no-such-topic" in ended.err


def test_a_library_that_is_missing_is_named_with_the_extra(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.connect.source_openers.LIBRARIES", ("no_such_library",))
    ended = run(None, "connect", "bluesky")
    assert ended.status == 1
    assert "no_such_library" in ended.err
    assert "ade-monitor[sources]" in ended.err


def test_a_state_that_cannot_be_read_is_not_replaced(run: RunCommand, kafka: KafkaSettings) -> None:
    state = Path("ade-connect") / "bluesky.json"
    state.parent.mkdir()
    state.write_text("{broken")
    ended = run(None, "connect", "bluesky")
    assert ended.status == 1
    assert "is not a position of bluesky" in ended.err
    assert state.read_text() == "{broken"
