"""What a fault has lost or doubled: the counts of each hour, the rows, the alerts and the offsets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import redis

from monitor.kafka import topic_states
from monitor.settings import KafkaSettings, Settings
from tests.faults.dated_posts import posted_at


@dataclass(frozen=True)
class Damage:
    """Posts and alerts that a fault lost or doubled.

    Attributes:
        lost: posts that are not stored or not counted, and alerts that are not in the stream.
        doubled: posts that were counted twice, and alerts that are in the stream twice.
    """

    lost: int
    doubled: int

    def __add__(self, other: Damage) -> Damage:
        return Damage(self.lost + other.lost, self.doubled + other.doubled)


def count_damage(
    settings: Settings,
    sent: Collection[str],
    alerting: Collection[str] = (),
    *,
    dated: bool = True,
    kafka: KafkaSettings | None = None,
    offsets: bool = True,
) -> Damage:
    """Count what was lost and what came twice.

    Each post must be counted once, in its hour. If all posts have rows (`store.negatives = all`), each must
    have its row, else each with an alert. Each message of the topic must be among the offsets that are
    counted.

    Args:
        settings: which database and which stream of alerts, and which posts have rows.
        sent: ids of all posts that the topics of this database ever had and that the model can score. Each
            was sent once, or at least with the same text.
        alerting: ids of those that cause exactly one alert.
        dated: posts have the hours of `dated_posts`. Else only the sum of the counts is compared.
        kafka: where the topic is, if not where `settings` say.
        offsets: the broker is there, each message can be read, and no counted offsets were removed.
    """
    with psycopg.connect(settings.database.url.get_secret_value()) as connection:
        rows = connection.execute(
            "SELECT tweet_id, posted_at, label = 'ADE' "
            "FROM predictions JOIN tweets USING (tweet_id, posted_at)"
        ).fetchall()
        counts = connection.execute("SELECT hour, seen, positive FROM hourly_counts").fetchall()
    stored = [tweet_id for tweet_id, *_ in rows]
    missing = set(sent if settings.store.negatives == "all" else alerting) - set(stored)
    seen = Counter[Any](hour_of(posted_at(tweet_id)) if dated else None for tweet_id in set(sent))
    positive = Counter[Any](hour_of(at) if dated else None for _, at, has_effect in rows if has_effect)
    damage = (
        compared(seen, _by_hour([(hour, number) for hour, number, _ in counts], dated=dated))
        + compared(positive, _by_hour([(hour, number) for hour, _, number in counts], dated=dated))
        + Damage(lost=len(missing), doubled=len(stored) - len(set(stored)))
    )
    if alerting:
        alerts = alerted_posts(settings)
        damage += Damage(len(set(alerting) - set(alerts)), len(alerts) - len(set(alerts)))
    if not offsets:
        return damage
    # A lost post is not counted twice.
    return Damage(max(damage.lost, len(uncounted_offsets(settings, kafka))), damage.doubled)


def hour_of(time: datetime) -> datetime:
    """Return the start of an hour."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _by_hour(counts: Collection[tuple[datetime, int]], *, dated: bool) -> Counter[Any]:
    """Return counts by hour, or all together under None."""
    by_hour: Counter[Any] = Counter()
    for hour, number in counts:
        by_hour[hour_of(hour) if dated else None] += number
    return by_hour


def compared(expected: Counter[Any], actual: Counter[Any]) -> Damage:
    """Return how much is missing, and how much there is in addition."""
    return Damage(lost=(expected - actual).total(), doubled=(actual - expected).total())


def uncounted_offsets(settings: Settings, kafka: KafkaSettings | None = None) -> set[tuple[int, int]]:
    """Return partition and offset of each message of the topic that is not among the counted offsets.

    Args:
        settings: which database.
        kafka: which topic, if not that of `settings`.
    """
    kafka = kafka or settings.kafka
    with psycopg.connect(settings.database.url.get_secret_value()) as connection:
        counted = connection.execute(
            "SELECT partition, offsets FROM counted_offsets WHERE topic = %s AND kind = 'scored'",
            (kafka.topic,),
        ).fetchall()
    there = {
        (state.partition, offset)
        for state in topic_states(kafka)
        if state.topic == kafka.topic
        for offset in range(state.first, state.end)
    }
    return there - {
        (partition, offset)
        for partition, ranges in counted
        for part in ranges
        for offset in range(part.lower, part.upper)
    }


def alerted_posts(settings: Settings) -> list[str]:
    """Return the id of the post of each alert in the stream."""
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        entries = client.xrange(settings.alerts.stream)
    return [json.loads(fields[b"alert"])["tweet_id"] for _, fields in entries if b"alert" in fields]
