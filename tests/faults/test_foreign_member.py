"""Another program joins our group and commits: the log says so, and `topics rewind` reads what it took."""

from __future__ import annotations

import time
from pathlib import Path

from kafka import KafkaConsumer

from monitor.kafka import topic_states
from monitor.settings import Settings
from tests.apache_kafka import ApacheKafka
from tests.faults.conftest import APACHE, on_fresh_topic
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import ade_monitor, running, wait_for

PATIENCE = 300.0
POSTS = 400


def test_a_program_that_commits_in_our_group_is_reported_and_its_posts_can_be_read_again(
    shared_kafka: ApacheKafka,
    migrated: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    settings = on_fresh_topic(migrated, shared_kafka.bootstrap)
    with running(settings, tmp_path, "worker") as worker:
        send(settings, dated_values(POSTS))
        wait_for(lambda: results.scored() >= POSTS, PATIENCE, watching=worker)
        taken = read_as_a_member(settings)
        assert taken > 0
        wait_for(lambda: "another program committed" in worker.output(), PATIENCE, watching=worker)
        wait_for(lambda: results.scored() >= 2 * POSTS - taken, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    wait_for(lambda: ade_monitor(settings, "topics", "rewind", "--to", "database").returncode == 0, PATIENCE)
    started = time.monotonic()
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() >= 2 * POSTS, PATIENCE, watching=worker)
        recovery_s = time.monotonic() - started
        wait_for(lambda: len(results.alerts()) >= 2 * POSTS // 5, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    ids = [str(number) for number in range(2 * POSTS)]
    damage = count_damage(settings, ids, ids[::5])
    report.add("another program in the group, then a rewind", damage, broker=APACHE, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def read_as_a_member(settings: Settings) -> int:
    """Join the group, read posts that are sent then, commit, and leave; return how many were read."""
    stranger = KafkaConsumer(
        settings.kafka.topic,
        bootstrap_servers=settings.kafka.bootstrap_servers,
        group_id=settings.kafka.group_id,
        enable_auto_commit=False,
        session_timeout_ms=6_000,
    )
    try:
        wait_for(lambda: stranger.poll(timeout_ms=500) is not None and bool(stranger.assignment()), PATIENCE)
        partitions = {place.partition for place in stranger.assignment()}
        before = ends(settings)
        send(settings, dated_values(POSTS, first=POSTS))
        expected = sum(end - before[number] for number, end in ends(settings).items() if number in partitions)
        taken = 0

        def has_all() -> bool:
            nonlocal taken
            taken += sum(map(len, stranger.poll(timeout_ms=500).values()))
            return taken >= expected

        wait_for(has_all, PATIENCE)
        stranger.commit()
        return taken
    finally:
        stranger.close()


def ends(settings: Settings) -> dict[int, int]:
    """Return where each partition of the topic ends."""
    return {
        state.partition: state.end
        for state in topic_states(settings.kafka)
        if state.topic == settings.kafka.topic
    }
