"""Posts, edits, reposts, quotes, broken messages and deletions in any order, and what must be left of them.

Every text has the number of its post in a word that occurs nowhere else, such as `mrk00017z`. So whatever is
left of a post can be found in any file.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from models import Mention, TweetPrediction
from monitor.effect_reports import EffectReport
from monitor.ingest import Batch
from monitor.records import Alert, ScoredPost
from tests.monitor.kafka_events import Event, Message
from tests.monitor.store.batches import GivenAlerts

MARK = re.compile(rb"mrk(\d{5})z")
ID = re.compile(rb"77000(\d{5})")
AUTHORS = 400


def id_of(number: int) -> str:
    return f"77000{number:05}"


@dataclass
class Traffic:
    """Messages of two partitions, and which posts must be gone in the end.

    Attributes:
        messages: the messages of each partition, in their order.
        removed: numbers of the posts that must leave nothing.
        kept: numbers of the posts whose text must still be there.
        events: number of compliance events.
    """

    messages: list[list[Event]]
    removed: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)
    events: int = 0


def make_traffic(posts: int, deletions: int, *, seed: int, topic: str) -> Traffic:
    """Return traffic with `deletions` events: each one before, after or between the messages of its post.

    Args:
        posts: number of posts.
        deletions: number of events.
        seed: of the random order.
        topic: topic of the messages.
    """
    random_ = random.Random(seed)
    authors = {number: random_.randrange(AUTHORS) for number in range(posts)}
    originals = [number for number in range(posts) if number % 4 or number < 4]
    references = {number: random_.choice(originals) for number in range(4, posts, 4)}
    reposts = {number for number in references if random_.random() < 0.5}
    gone_authors = set(random_.sample(range(AUTHORS), deletions // 100))
    deleted = set(random_.sample(range(posts), deletions - len(gone_authors)))
    gone = deleted | {number for number, author in authors.items() if author in gone_authors}
    removed = gone | {number for number in reposts if references[number] in gone}

    steps: list[bytes] = []
    for number in range(posts):
        reference = references.get(number)
        kind = "original" if reference is None else "repost" if number in reposts else "quote"
        versions = [_post(number, version, authors[number], kind, reference) for version in (1, 2)]
        steps.append(versions[0])
        if random_.random() < 0.1:
            steps.append(versions[1])
        if random_.random() < 0.1:
            steps.append(versions[0])
        if number not in reposts and random_.random() < 0.03:
            steps.append(_broken(number, authors[number]))
    steps += [_event("delete", id=id_of(number)) for number in deleted]
    steps += [_event("user_delete", author_id=f"author-{author}") for author in gone_authors]
    random_.shuffle(steps)
    messages: list[list[Event]] = [[], []]
    for value in steps:
        partition = random_.randrange(2)
        messages[partition].append(Event(Message(value, len(messages[partition]), partition, topic)))
    positive = {number for number in range(posts) if _is_positive(number)}
    return Traffic(messages, removed, positive - removed, deletions)


def score(batch: Batch) -> Batch:
    """Return the batch with a prediction for each post: three of five report an effect."""
    return replace(
        batch, scored=tuple(ScoredPost(received, _prediction(received.post.text)) for received in batch.posts)
    )


def raise_alerts(reports: Sequence[EffectReport]) -> GivenAlerts:
    """Raise an alert with the text for each positive post."""
    rows = {report.key[0]: report.scored for report in reports}
    alerts = [Alert(f"{int(tweet_id):032x}", tweet_id, _payload(row)) for tweet_id, row in rows.items()]
    return GivenAlerts(alerts, datetime.now(UTC))


def marks_in(content: bytes, pattern: re.Pattern[bytes] = MARK) -> set[int]:
    """Return the numbers of all posts of which `content` has something."""
    return set(map(int, pattern.findall(content)))


def _is_positive(number: int) -> bool:
    return number % 5 < 3


def _post(number: int, version: int, author: int, kind: str, reference: int | None) -> bytes:
    of = number if kind != "repost" else reference
    text = f"mrk{of:05}z zoloft version {version}" + (" no sleep at all" if _is_positive(number) else "")
    fields: dict[str, Any] = {
        "id": id_of(number),
        "text": f"RT @somebody: {text} mrk{number:05}z" if kind == "repost" else text,
        "author_id": f"author-{author}",
        "created_at": f"2026-07-01T{number % 24:02}:00:00Z",
        "kind": kind,
        "url": f"https://x.example/mrk{number:05}z",
        "platform": "x",
    }
    if reference is not None:
        fields["referenced_id"] = id_of(reference)
    if kind == "quote":
        fields["context"] = [{"kind": "quoted", "text": f"mrk{reference:05}z zoloft"}]
    if version > 1:
        fields |= {"edited_at": "2026-07-02T00:00:00Z", "aliases": [f"edit-{id_of(number)}"]}
    return json.dumps(fields).encode()


def _broken(number: int, author: int) -> bytes:
    fields = {"id": id_of(number), "text": f"mrk{number:05}z", "created_at": "soon"}
    return json.dumps({**fields, "author_id": f"author-{author}"}).encode()


def _event(event: str, **subject: str) -> bytes:
    return json.dumps({"tombstone": {"event": event, "at": "2026-07-03T00:00:00Z", **subject}}).encode()


def _prediction(text: str) -> TweetPrediction:
    start = text.find("mrk")
    if "no sleep" not in text:
        return TweetPrediction("NoADE", 0.1)
    return TweetPrediction("ADE", 0.9, (Mention(start, len(text), text[start:], 0.9, None, None, None),))


def _payload(row: ScoredPost) -> dict[str, Any]:
    return {
        "alert_id": f"{int(row.received.post.id):032x}",
        "tweet_id": row.received.post.id,
        "text": row.received.post.text,
    }
