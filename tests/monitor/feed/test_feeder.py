"""A feed from end to end, with a real broker: what arrives, what is reported, and what ends it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from monitor.embedded import Broker
from monitor.errors import FatalError, RetryableError
from monitor.feed import (
    Detection,
    FeedError,
    FeedItem,
    FeedOptions,
    FeedProgress,
    FeedReports,
    FileSummary,
    Input,
    PostMessage,
    Reject,
    RejectLimit,
    feed,
    list_inputs,
    rehearse,
    sender,
)
from monitor.kafka import clients
from monitor.records import Post
from monitor.settings import KafkaSettings
from tests.monitor.feed.reading import json_lines
from tests.monitor.messages import read_post
from tests.topic_content import content_of

GOOD = [{"id": str(n), "text": f"day {n} on zoloft ☹"} for n in range(50)]


class Recorded(FeedReports):
    """Reports, as they came."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.formats: dict[str, str] = {}
        self.firsts: list[FeedItem] = []
        self.rejects: list[Reject] = []
        self.files: list[FileSummary] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def detected(self, name: str, detection: Detection) -> None:
        self.formats[Path(name).name] = detection.form.name

    def first_post(self, item: FeedItem) -> None:
        self.firsts.append(item)

    def rejected(self, name: str, reject: Reject) -> None:
        self.rejects.append(reject)

    def ended(self, file: FileSummary) -> None:
        self.files.append(file)


def inputs(*paths: Path) -> list[Input | FeedError]:
    return [*list_inputs(paths, lambda note: None)]


def rehearsed(*paths: Path, **options: Any) -> tuple[list[dict[str, Any]], Recorded, Any]:
    """Return the values of the messages, the reports, and the summary."""
    messages: list[PostMessage] = []
    reports = Recorded()
    summary = rehearse(inputs(*paths), messages.append, FeedOptions(**options), reports)
    return [json.loads(message.value) for message in messages], reports, summary


async def test_all_posts_arrive_with_their_ids_as_keys_and_are_valid(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    (tmp_path / "tweets.jsonl").write_bytes(json_lines(*GOOD))
    summary = feed(kafka, inputs(tmp_path / "tweets.jsonl"))
    assert (summary.read, summary.sent, summary.rejected, summary.failed) == (50, 50, 0, 0)
    arrived = await content_of(kafka.bootstrap_servers, kafka.topic, count=50)
    assert sorted(message.key.decode() for message in arrived) == sorted(tweet["id"] for tweet in GOOD)
    for message in arrived:
        post = read_post(message.value)
        assert message.key.decode() == post.id
        assert post.text == f"day {post.id} on zoloft ☹"


async def test_deletions_arrive_as_tombstones(kafka: KafkaSettings, tmp_path: Path) -> None:
    deletion = {"delete": {"status": {"id": 17, "id_str": "17", "user_id": 3, "user_id_str": "3"}}}
    (tmp_path / "t.jsonl").write_bytes(json_lines({"id": "17", "text": "dizzy"}, deletion))
    summary = feed(kafka, inputs(tmp_path / "t.jsonl"))
    assert (summary.sent, summary.events) == (2, 1)
    arrived = await content_of(kafka.bootstrap_servers, kafka.topic, count=2)
    assert [message.key for message in arrived] == [b"17", b"17"]
    assert json.loads(arrived[1].value) == {"tombstone": {"event": "delete", "id": "17"}}


def test_a_missing_topic_is_created_or_an_error(kafka: KafkaSettings, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    other = kafka.model_copy(update={"topic": f"{kafka.topic}-new"})
    for _ in range(2):
        with pytest.raises(FatalError, match="--create-topic"):
            feed(other, inputs(tmp_path / "t.csv"), FeedOptions(create_topic=False))
    assert feed(other, inputs(tmp_path / "t.csv")).sent == 1
    assert feed(other, inputs(tmp_path / "t.csv"), FeedOptions(create_topic=False)).sent == 1


def test_one_bad_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,dizzy\n")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"x")[:-9])
    (tmp_path / "c.bin").write_bytes(b"\x00\x01")
    (tmp_path / "d.jsonl").write_bytes(json_lines({"id": "2", "text": "sleepy"}))
    paths = [tmp_path / name for name in ("a.csv", "b.gz", "none", "c.bin", "d.jsonl")]
    posts, reports, summary = rehearsed(*paths)
    assert [post["id"] for post in posts] == ["1", "2"]
    assert [Path(file.name).name for file in summary.failures] == ["b.gz", "none", "c.bin"]
    assert reports.formats == {"a.csv": "csv", "d.jsonl": "jsonl"}


def test_in_a_folder_files_without_posts_are_skipped_with_a_note(tmp_path: Path) -> None:
    (tmp_path / "class.tsv").write_text("tweet_id\tlabel\n1\tADE\n2\tNoADE\n")
    (tmp_path / "tweets.tsv").write_text("tweet_id\ttext\n1\tso dizzy\n2\tfine\n")
    (tmp_path / "notes").write_bytes(b"\x00\x01")
    posts, reports, summary = rehearsed(tmp_path)
    assert [post["text"] for post in posts] == ["so dizzy", "fine"]
    assert not summary.failures
    assert all(any(name in note for note in reports.notes) for name in ("class.tsv", "notes"))
    assert rehearsed(tmp_path / "class.tsv")[2].failures


def test_a_folder_in_which_every_file_is_skipped_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes").write_bytes(b"\x00\x01")
    with pytest.raises(FeedError, match="no file has posts"):
        rehearsed(tmp_path)


def test_the_first_post_of_each_file_is_reported_as_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(b"broken\n" + json_lines(*GOOD[:2]))
    (tmp_path / "2.csv").write_text("id,text\n7,sleepy\n8,x\n")
    _, reports, _ = rehearsed(tmp_path)
    assert [(item.line, item.content, item.source) for item in reports.firsts] == [
        (2, Post("0", GOOD[0]["text"]), "contract"),
        (2, Post("7", "sleepy"), ""),
    ]


def test_another_source_in_the_same_file_is_reported(tmp_path: Path) -> None:
    other = {"id": "9", "text": "x", "edit_history_tweet_ids": ["9"]}
    (tmp_path / "t.jsonl").write_bytes(json_lines(*GOOD[:2], other, other, GOOD[3]))
    _, reports, summary = rehearsed(tmp_path / "t.jsonl")
    assert [note for note in reports.notes if "line 3" in note and "x-v2" in note]
    assert len(reports.notes) == 1
    assert dict(summary.files[0].sources) == {"contract": 3, "x-v2": 2}


def test_a_file_whose_every_line_is_rejected_fails(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(json_lines({"nr": 1}, {"nr": 2}))
    _, reports, summary = rehearsed(tmp_path / "t.jsonl")
    assert len(reports.rejects) == 2
    assert "all 2 were rejected" in str(summary.failures[0].error)


def test_too_many_rejects_end_a_file_but_not_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(b"x\n" * 3 + json_lines(*GOOD))
    (tmp_path / "2.jsonl").write_bytes(json_lines(*GOOD[:5]) + b"x\n")
    posts, _, summary = rehearsed(tmp_path, reject_limit=RejectLimit(count=2))
    assert len(posts) == 5
    assert [file.rejected for file in summary.files] == [3, 1]
    assert [file.error is None for file in summary.files] == [False, True]


def test_the_limit_counts_over_all_files(tmp_path: Path) -> None:
    for name in ("1.jsonl", "2.jsonl", "3.jsonl"):
        (tmp_path / name).write_bytes(json_lines(*GOOD[:4]))
    posts, reports, summary = rehearsed(tmp_path, limit=6)
    assert len(posts) == 6
    assert [file.read for file in reports.files] == [file.read for file in summary.files] == [4, 2]
    assert rehearsed(tmp_path, limit=0)[2].read == 0


@pytest.mark.parametrize("content", [b"", b"\n \n", b"id,text\n", b"[]", b"\xef\xbb\xbf"])
def test_a_file_without_posts_is_not_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    posts, reports, summary = rehearsed(tmp_path / "t.csv")
    assert not posts
    assert not summary.failures
    assert [file.read for file in reports.files] == [0]


def test_damaged_data_is_fed_up_to_the_damage(kafka: KafkaSettings, tmp_path: Path) -> None:
    whole = gzip.compress(json_lines(*({"id": n, "text": f"{n * 7919} dizzy"} for n in range(10_000))))
    (tmp_path / "t.gz").write_bytes(whole[: len(whole) // 4])
    summary = feed(kafka, inputs(tmp_path / "t.gz"))
    assert 0 < summary.sent == summary.read < 10_000
    assert "t.gz is damaged" in str(summary.files[0].error)


def test_a_broker_that_is_away_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "CONNECT_TIMEOUT", 1.0)
    (tmp_path / "t.csv").write_text("id,text\n1,dizzy\n")
    kafka = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(RetryableError, match=r"127\.0\.0\.1:1"):
        feed(kafka, inputs(tmp_path / "t.csv"))


def test_a_broker_that_stops_ends_the_feed_and_only_acknowledged_posts_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "DELIVERY_TIMEOUT", 2.0)
    broker = Broker(tmp_path / "broker", start_timeout=60)
    broker.start()
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap, topic="tweets")
    (tmp_path / "t.jsonl").write_bytes(json_lines(*({"id": n, "text": "dizzy"} for n in range(100_000))))

    class StopsBroker(FeedReports):
        def progress(self, progress: FeedProgress) -> None:
            if broker.child and progress.sent > 0:
                broker.stop()

    try:
        summary = feed(kafka, inputs(tmp_path / "t.jsonl"), FeedOptions(rate=2_000), StopsBroker())
    finally:
        broker.stop()
    assert isinstance(summary.stopped_by, RetryableError)
    assert broker.bootstrap in str(summary.stopped_by)
    assert summary.failed > 0
    assert 0 < summary.sent < summary.sent + summary.failed == summary.read < 100_000


def test_the_rate_is_limited(kafka: KafkaSettings, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(json_lines(*GOOD[:11]))
    assert feed(kafka, inputs(tmp_path / "t.jsonl"), FeedOptions(rate=10)).seconds >= 1
