"""Two workers on copies of the same texts, with kills and restarts of Postgres: one alert for each text."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from monitor.embedded import Postgres
from monitor.settings import EnrichSettings, Settings
from tests.faults.conftest import TANSU, FaultBroker
from tests.faults.damage import Damage, alerted_posts, count_damage
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.report import FaultReport
from tests.monitor.enrich.copies.written_posts import POSTS
from tests.processes import RunningCommand, running, wait_for

KILLS = 6
RESTARTS = 4
IMPATIENT = {"ADE_WORKER__RETRY_MAX_WAIT": "0.5", "ADE_WORKER__BATCH_SIZE": "64"}
EFFECTS = ("headache", "nausea", "insomnia", "shaking")
TEXTS = tuple(
    post.format(drug="zoloft", effect=EFFECTS[number % len(EFFECTS)])
    for number, post in enumerate(POSTS)
    if not any(effect in post for effect in EFFECTS)
)
"""Texts with one effect each, as the dummy bundle finds them."""


class Copies:
    """Posts that copy the texts in a random order, each in one of several ways.

    Attributes:
        number_of: which text a post copies, by its id.
    """

    def __init__(self) -> None:
        self.number_of: dict[str, int] = {}
        self._random = random.Random(16)

    def values(self, count: int, first: int) -> list[bytes]:
        """Return posts, the first of them with this id."""
        return [json.dumps(self._post(str(post_id))).encode() for post_id in range(first, first + count)]

    def _post(self, post_id: str) -> dict[str, str]:
        number = self.number_of[post_id] = self._random.randrange(len(TEXTS))
        text = TEXTS[number]
        ways = (
            text,
            f"RT @user_{post_id}: {text}",
            f"{text.upper()} https://example.org/{post_id}",
            f"{text} \U0001f62d",
            f"honestly, {text}",
            f"{text} honestly",
        )
        return {"id": post_id, "text": self._random.choice(ways)}


@contextmanager
def two_workers(settings: Settings, folder: Path) -> Iterator[list[RunningCommand]]:
    """Run two workers; those that are in the list at the end are stopped."""
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker(settings, folder / f"worker {n}")) for n in range(2)]
        for worker in workers:
            wait_for(
                lambda worker=worker: "partitions assigned" in worker.output(), PATIENCE, watching=worker
            )
        yield workers
        assert [worker.stop() for worker in workers] == [0, 0], workers[0].output()


@contextmanager
def _worker(settings: Settings, folder: Path) -> Iterator[RunningCommand]:
    folder.mkdir()
    with running(settings, folder, "worker", **IMPATIENT) as worker:
        yield worker


def test_two_workers_on_the_same_texts_of_which_one_is_killed(
    each_broker: FaultBroker, on_broker: Settings, report: FaultReport, tmp_path: Path
) -> None:
    settings, random_, copies = _with_copies(on_broker), random.Random(16), Copies()
    with ExitStack() as stack, two_workers(settings, tmp_path) as workers:
        with Load(settings, pause=0.4, values=copies.values) as load:
            wait_for(lambda: stored_posts(settings) > 0, PATIENCE, watching=workers[0])
            for kill in range(KILLS):
                time.sleep(random_.uniform(0.1, 3.0))
                workers.pop(0).kill()
                again = stack.enter_context(_worker(settings, tmp_path / f"again {kill}"))
                workers.append(again)
                wait_for(lambda again=again: "worker starts" in again.output(), PATIENCE, watching=again)
        recovery_s = _wait_until_stored(settings, load, workers[0])
        _wait_for_alerts(settings, workers[0])
    damage = _damage(settings, load, copies.number_of)
    report.add(
        "SIGKILL of one of two workers on copies of the same texts",
        damage,
        broker=each_broker.name,
        runs=KILLS,
        recovery_s=recovery_s,
    )
    assert damage == Damage(lost=0, doubled=0)


def test_two_workers_on_the_same_texts_while_postgres_restarts(
    own_postgres: Postgres, on_own_postgres: Settings, report: FaultReport, tmp_path: Path
) -> None:
    settings, copies = _with_copies(on_own_postgres), Copies()
    with two_workers(settings, tmp_path) as workers:
        with Load(settings, pause=0.4, values=copies.values) as load:
            for _ in range(RESTARTS):
                before = stored_posts(settings)
                wait_for(lambda before=before: stored_posts(settings) > before, PATIENCE, watching=workers[0])
                own_postgres.stop()
                time.sleep(1)
                own_postgres.restart()
        recovery_s = _wait_until_stored(settings, load, workers[0])
        _wait_for_alerts(settings, workers[0])
    damage = _damage(settings, load, copies.number_of)
    report.add(
        "Postgres restarts, two workers on copies of the same texts",
        damage,
        broker=TANSU,
        runs=RESTARTS,
        recovery_s=recovery_s,
    )
    assert damage == Damage(lost=0, doubled=0)


def _with_copies(settings: Settings) -> Settings:
    return settings.model_copy(update={"enrich": EnrichSettings()})


def _wait_until_stored(settings: Settings, load: Load, worker: RunningCommand) -> float:
    started = time.monotonic()
    wait_for(lambda: stored_posts(settings) >= load.end, PATIENCE, watching=worker)
    return time.monotonic() - started


def _wait_for_alerts(settings: Settings, worker: RunningCommand) -> None:
    """Wait until every alert of the outbox is published."""
    with _database(settings) as connection:
        statement = "SELECT count(*) FROM alert_outbox WHERE published_at IS NULL"
        wait_for(lambda: connection.execute(statement).fetchone() == (0,), PATIENCE, watching=worker)


def _damage(settings: Settings, load: Load, number_of: Mapping[str, int]) -> Damage:
    """Count posts that were lost or came twice, texts without an alert, and texts with several ones."""
    with _database(settings) as connection:
        copies = dict(connection.execute("SELECT tweet_id, first_id FROM post_copies"))
    alerts = Counter(number_of[tweet_id] for tweet_id in alerted_posts(settings))
    firsts = Counter(number_of[tweet_id] for tweet_id in load.ids - set(copies))
    assert all(number_of[copy] == number_of[first] for copy, first in copies.items())
    posts = count_damage(settings, load.ids, dated=False)
    sent = Counter({number_of[tweet_id] for tweet_id in load.ids})
    return Damage(
        lost=posts.lost + (sent - alerts).total() + (sent - firsts).total(),
        doubled=posts.doubled + (alerts - sent).total() + (firsts - sent).total(),
    )


def _database(settings: Settings) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(settings.database.url.get_secret_value(), autocommit=True)
