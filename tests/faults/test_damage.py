"""The measure of the suite itself: it sees one post that is lost or counted twice, also if both happen."""

from __future__ import annotations

import psycopg
import pytest

from monitor.settings import Settings
from tests.faults.damage import Damage, count_damage
from tests.faults.dated_posts import dated_values, posted_at
from tests.flow.conftest import FlowResults, send

SENT = {str(number) for number in range(1, 5)}
"""Posts without an effect."""


@pytest.mark.parametrize(
    ("seen", "damage"),
    [
        ({"1": 1, "2": 1, "3": 1, "4": 1}, Damage(lost=0, doubled=0)),
        ({"1": 1, "2": 1, "3": 1}, Damage(lost=1, doubled=0)),
        ({"1": 1, "2": 1, "3": 1, "4": 2}, Damage(lost=0, doubled=1)),
        ({"1": 1, "2": 1, "4": 2}, Damage(lost=1, doubled=1)),
        ({"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}, Damage(lost=0, doubled=1)),
    ],
)
def test_each_post_counts_in_its_hour(
    seen: dict[str, int], damage: Damage, migrated: Settings, results: FlowResults
) -> None:
    _note_counts(results.connection, seen)
    assert count_damage(migrated, SENT) == damage


def test_messages_that_no_worker_has_counted_are_lost(migrated: Settings, results: FlowResults) -> None:
    _note_counts(results.connection, dict.fromkeys(SENT, 1))
    send(migrated, dated_values(3))
    assert count_damage(migrated, SENT) == Damage(lost=3, doubled=0)


def test_posts_without_their_alerts_are_lost(migrated: Settings, results: FlowResults) -> None:
    _note_counts(results.connection, dict.fromkeys(SENT, 1))
    assert count_damage(migrated, SENT, ["1", "2"]) == Damage(lost=4, doubled=0)  # two rows and two alerts


def _note_counts(connection: psycopg.Connection[tuple[object, ...]], seen: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO hourly_counts (hour, bundle, seen, positive) VALUES (%s, 'bundle', %s, 0)",
            [(posted_at(tweet_id), count) for tweet_id, count in seen.items()],
        )
