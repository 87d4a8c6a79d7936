"""`ade-monitor feed` with a real broker: what arrives, what it reports, and what ends it."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from monitor.cli.app import app
from monitor.embedded import Broker
from monitor.errors import RetryableError
from monitor.feed import FeedError, FeedOptions, Reject, feed, sender
from monitor.kafka import clients
from monitor.settings import KafkaSettings
from tests.monitor.messages import read_post
from tests.processes import child_environment
from tests.topic_content import content_of

GOOD = [{"id": str(n), "text": f"day {n} on zoloft ☹"} for n in range(50)]


def json_lines(documents: list[Any]) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["feed", *map(str, arguments)], input=stdin)


async def test_all_tweets_arrive_with_their_ids_as_keys_and_are_valid(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    (tmp_path / "tweets.jsonl").write_bytes(json_lines(GOOD))
    result = run(tmp_path / "tweets.jsonl", "--json")
    summary = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (summary["read"], summary["sent"], summary["rejected"], summary["failed"]) == (50, 50, 0, 0)
    arrived = await content_of(kafka.bootstrap_servers, kafka.topic, count=50)
    assert sorted(message.key.decode() for message in arrived) == sorted(tweet["id"] for tweet in GOOD)
    for message in arrived:
        tweet = read_post(message.value)
        assert message.key.decode() == tweet.id
        assert tweet.text == f"day {tweet.id} on zoloft ☹"


@pytest.mark.parametrize("packed", [False, True])
async def test_standard_input_may_be_gzip(kafka: KafkaSettings, packed: bool) -> None:
    data = json_lines(GOOD[:3])
    result = run("-", "--limit", "2", stdin=gzip.compress(data) if packed else data)
    assert result.exit_code == 0
    arrived = await content_of(kafka.bootstrap_servers, kafka.topic, count=2)
    assert sorted(message.key for message in arrived) == [b"0", b"1"]


async def test_bad_lines_are_reported_and_written_and_stop_nothing(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    bad = b"".join(b'{"id": %d, "text": \xff}\n' % n for n in range(30))
    (tmp_path / "tweets").write_bytes(json_lines(GOOD[:1]) + bad + b"{}\n" + json_lines(GOOD[1:2]))
    result = run(tmp_path / "tweets", "--rejects", tmp_path / "rejects", "--json")
    summary = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (summary["read"], summary["sent"], summary["reasons"]) == (33, 2, {"not-utf8": 30, "no-tweet": 1})
    assert "line 2: not-utf8" in result.stderr
    assert "line 21:" in result.stderr and "line 22:" not in result.stderr
    rejects = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    assert [reject["line"] for reject in rejects] == list(range(2, 33))
    assert rejects[0] | {"detail": ""} == {
        "line": 2,
        "reason": "not-utf8",
        "detail": "",
        "raw": '{"id": 0, "text": \ufffd}',
    }
    assert len(await content_of(kafka.bootstrap_servers, kafka.topic, count=2)) == 2


def test_a_missing_topic_is_created(kafka: KafkaSettings, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    result = run(tmp_path / "t.csv", "--topic", f"{kafka.topic}-new")
    assert result.exit_code == 0
    assert f"sent 1 to {kafka.topic}-new" in result.stdout


@pytest.mark.parametrize("content", [b"", b"\n \n", b"id,text\n"])
def test_a_file_without_tweets_is_not_an_error(kafka: KafkaSettings, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    result = run(tmp_path / "t.csv")
    assert result.exit_code == 0
    assert "has no tweets" in result.stderr


def test_a_closed_standard_input_is_an_error(kafka: KafkaSettings) -> None:
    done = subprocess.run(
        [
            "sh",
            "-c",
            f"exec {sys.executable} -m monitor.cli feed - --bootstrap {kafka.bootstrap_servers} <&-",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "standard input" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_fed_fails_before_anything_is_sent(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    (tmp_path / "no-header.csv").write_text("1,dizzy\n")
    (tmp_path / "t.zip").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "t.txt").write_bytes("id,text\n".encode("utf-16"))
    for wrong in (
        [tmp_path / "none.csv"],
        [tmp_path],
        [tmp_path / "t.zip"],
        [tmp_path / "t.txt"],
        [tmp_path / "no-header.csv"],
        [tmp_path / "t.csv", "--text-column", "body"],
        [tmp_path / "t.csv", "--rejects", tmp_path / "t.csv"],
        [tmp_path / "t.csv", "--rejects", tmp_path / "no" / "folder"],
    ):
        result = run(*wrong)
        assert isinstance(result.exception, FeedError), wrong
        assert str(tmp_path) in str(result.exception)
    assert (tmp_path / "t.csv").read_text() == "id,text\n1,dizzy\n"


def test_damaged_gzip_is_fed_up_to_the_damage(kafka: KafkaSettings, tmp_path: Path) -> None:
    whole = gzip.compress(json_lines([{"id": n, "text": f"{n * 7919} dizzy"} for n in range(10_000)]))
    (tmp_path / "t.gz").write_bytes(whole[: len(whole) // 4])
    summary = feed(kafka, tmp_path / "t.gz", FeedOptions(limit=None))
    assert 0 < summary.sent == summary.read < 10_000
    assert isinstance(summary.stopped_by, FeedError)
    assert "gzip" in str(summary.stopped_by)


def test_a_broker_that_is_away_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "CONNECT_TIMEOUT", 1.0)
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    result = run(tmp_path / "t.csv", "--bootstrap", "127.0.0.1:1")
    assert isinstance(result.exception, RetryableError)
    assert "127.0.0.1:1" in str(result.exception)


def test_a_broker_that_stops_ends_the_feed_and_only_acknowledged_tweets_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "DELIVERY_TIMEOUT", 2.0)
    broker = Broker(tmp_path / "broker", start_timeout=60)
    broker.start()
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap, topic="tweets")
    (tmp_path / "t.jsonl").write_bytes(json_lines([{"id": n, "text": "dizzy"} for n in range(100_000)]))

    def stop_broker(progress: object) -> None:
        if broker.child and getattr(progress, "sent", 0) > 0:
            broker.stop()

    try:
        summary = feed(kafka, tmp_path / "t.jsonl", FeedOptions(rate=2_000), on_progress=stop_broker)
    finally:
        broker.stop()
    assert isinstance(summary.stopped_by, RetryableError)
    assert broker.bootstrap in str(summary.stopped_by)
    assert summary.failed > 0
    assert 0 < summary.sent < summary.sent + summary.failed == summary.read < 100_000


def test_an_interrupted_feed_sends_and_reports_what_was_read(kafka: KafkaSettings, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "monitor.cli",
        "feed",
        "-",
        "--json",
        "--rejects",
        str(tmp_path / "rejects"),
    ]
    environment = child_environment() | {
        "ADE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "ADE_KAFKA__TOPIC": kafka.topic,
    }
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        # After the reject, the tweets before it are with the producer; the input stays open.
        process.stdin.write(json_lines(GOOD[:7]) + b"no tweet\n")
        process.stdin.flush()
        note = process.stderr.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        summary = json.loads(process.stdout.read())
        assert process.wait(60) == 130
    assert b"line 8: not-json" in note
    assert (summary["read"], summary["sent"], summary["rejected"]) == (8, 7, 1)
    assert summary["complete"] is False


def test_the_rate_is_limited(kafka: KafkaSettings, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(json_lines(GOOD[:11]))
    assert feed(kafka, tmp_path / "t.jsonl", FeedOptions(rate=10)).seconds >= 1


def test_rejects_are_passed_to_the_caller(kafka: KafkaSettings, tmp_path: Path) -> None:
    rejects: list[Reject] = []
    (tmp_path / "t.tsv").write_bytes(b"tweet_id\ttweet\n1\tdizzy\nno tab\n")
    summary = feed(kafka, tmp_path / "t.tsv", on_reject=rejects.append)
    assert (summary.sent, summary.rejected) == (1, 1)
    assert [(reject.line, reject.reason, reject.raw) for reject in rejects] == [
        (3, "wrong-columns", b"no tab")
    ]
