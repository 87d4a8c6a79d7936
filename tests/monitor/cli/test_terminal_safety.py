"""No command lets control characters of tweets, files or messages through to the terminal."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from monitor.kafka import open_producer
from monitor.settings import Settings
from monitor.store import Store
from tests.monitor.alerts.payloads import add_alerts
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import mention_of, scored, write
from tests.processes import ade_monitor

# Clear the screen, set the title, ring the bell; the same with a C1 control; turn the text around.
CONTROLS = "\x1b[2J\x1b]0;title\x07\x9b2J\x85\u202e\u2066\u200f\u206a\ufff9\x7f"
TWEET = f"zoloft makes me sick {CONTROLS} today"
ALLOWED = {"\n"}


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


def assert_safe(output: str) -> None:
    assert "zoloft" in output or "letter" in output or "line" in output, "there is something to check"
    unsafe = set(output) & set(CONTROLS) - set("[2J]0;title")
    unsafe |= {character for character in output if ord(character) < 0x20} - ALLOWED
    assert not unsafe


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"], ["--spreadsheet"]])
async def test_query_shows_no_control_characters(
    run: RunCommand, store: Store, migrated: Settings, form: list[str]
) -> None:
    await write(store, [scored("1", TWEET, mention_of(TWEET, "sick", pt=("1", f"Nausea{CONTROLS}")))])
    assert_safe(run(migrated, "query", *form).out)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_alerts_follow_shows_no_control_characters(
    run: RunCommand, settings: Settings, client: redis.Redis, form: list[str]
) -> None:
    add_alerts(client, [1], text=TWEET, pt_name=f"Nausea{CONTROLS}")
    handler = signal.getsignal(signal.SIGTERM)  # the command changes it
    try:
        ended = run(settings, "alerts", "follow", "--from-start", "--count", "1", *form)
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert_safe(ended.out)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_deadletters_list_shows_no_control_characters(
    run: RunCommand, settings: Settings, form: list[str]
) -> None:
    text = CONTROLS.encode()
    headers = [("ade-reason", b"not-json" + text), ("ade-detail", b"letter" + text)]
    producer = open_producer(settings.kafka)
    producer.send(settings.kafka.dead_letter_topic, TWEET.encode(), key=text, headers=headers).get(30)
    producer.close()
    ended = run(settings, "deadletters", "list", *form)
    assert_safe(ended.out)
    assert_safe(ended.err + "letter")


def test_feed_shows_no_control_characters(run: RunCommand, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "tweets.csv"
    file.write_text(f"zoloft{CONTROLS},text\n1,a\n", encoding="utf-8")
    assert_safe(run(settings, "feed", str(file)).err)
    file.write_text(f'id,text\n1,a\n{CONTROLS},"b\n"c" d\n', encoding="utf-8")
    assert_safe(run(settings, "feed", str(file)).err)


def test_score_shows_no_control_characters(tmp_path: Path) -> None:
    file = tmp_path / "tweets.jsonl"
    file.write_text(json.dumps({"id": "1", "text": TWEET}) + "\n" + TWEET + "\n", encoding="utf-8")
    # In a process of its own, since it writes bytes past the streams of this one.
    assert_safe(ade_monitor(None, "score", str(file), "--bundle", "dummy").stdout)
