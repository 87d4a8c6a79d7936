"""The Faust application: a thin agent in front of the conveyor.

Facts about Faust that shape this file:
- The topic is read as raw bytes, because one value that cannot be decoded silently ends Faust's reader.
- Events come from `noack_take` and are acknowledged after the write, because `take` acknowledges them even
  if the agent fails.
- The agent has concurrency 1, because Faust can commit past an offset that was not acknowledged.
- A reader that waits for the database stays in the group, however long (`NEVER`).
- Whatever a stage raises goes to `app.crash`. If the agent raised it, Faust would log it and go on, and later
  commits would skip the events in work.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

import structlog

from monitor.alerts import Publisher, Relay
from monitor.alerts.cooldown_expiry import CooldownExpiry
from monitor.alerts.knowledge_reading import KnowledgeWatch
from monitor.alerts.rules_in_use import RulesInUse
from monitor.compliance import CopyExpiry, EventExpiry, LetterScrubber, RetentionJob
from monitor.health import Health, failing
from monitor.ingest import KafkaEvent
from monitor.readiness import report_ready, report_status
from monitor.settings import KafkaSettings, Settings
from monitor.store import Store
from monitor.store.month_statistics import MonthStatistics
from monitor.stream.bounded_decoding import limit_decoding
from monitor.stream.bounded_polls import limit_polls
from monitor.stream.broker_login import broker_credentials
from monitor.stream.byte_limits import BatchGate, share_of
from monitor.stream.conveyor import Conveyor
from monitor.stream.dependency_watch import DependencyWatch
from monitor.stream.enrichment import EnrichPosts
from monitor.stream.faust_app import NEVER, MonitorApp
from monitor.stream.letter_sending import send_letters
from monitor.stream.other_languages import SkipOtherLanguages
from monitor.stream.outages import until_answered
from monitor.stream.positions import METADATA_AGE_MS, TopicWatch
from monitor.stream.reader_watch import ReaderWatch
from monitor.stream.reloading import BundleReloader
from monitor.stream.scoring import ScorePosts
from monitor.stream.scoring_journal import ScoringJournal
from monitor.stream.served_bundle import CurrentBundle
from monitor.stream.sink import WriteBatches
from monitor.stream.stage_watch import StageWatch
from monitor.stream.stages import worker_stages
from monitor.stream.unread import missing_partitions, reader_positions, require_broker
from monitor.watchdog import send_life_signs

log = structlog.get_logger()

ANSWER_GRACE: Final = 10.0
"""Seconds that an answer of the broker may take, in addition to the time that it may wait for other workers.
A connection without an answer for longer is dead: it is closed, and a new one is opened."""


def create_app(
    settings: Settings,
    *,
    health: Health,
    current: CurrentBundle,
    reloader: BundleReloader | None,
    journal: ScoringJournal,
    languages: SkipOtherLanguages,
    scoring: ScorePosts,
    enrichment: EnrichPosts,
    store: Store,
    relay: Relay,
    publisher: Publisher,
    scrubber: LetterScrubber,
    expiry: EventExpiry,
    copies: CopyExpiry,
    retention: RetentionJob,
    rules: RulesInUse,
    knowledge: KnowledgeWatch,
    cooldowns: CooldownExpiry,
    statistics: MonthStatistics,
    instance: str | None,
) -> MonitorApp:
    """Build the worker's app. Nothing is connected before the app is started.

    Args:
        settings: of the broker, the topic and the batches.
        health: gets the checks of the app.
        current: the bundle that scores now.
        reloader: replaces it while the worker runs; None if it stays.
        journal: of what is scored.
        languages: the stage that skips posts.
        scoring: the stage that calls the model.
        enrichment: the stage that finds drugs, facts and copies.
        store: where batches are written.
        relay: publishes the alerts of the outbox.
        publisher: what it publishes with.
        scrubber: removes dead letters of deleted posts.
        expiry: removes compliance events that matched nothing.
        copies: removes old keys of copies.
        retention: removes posts and alerts that are older than the settings allow.
        rules: decide about alerts.
        knowledge: keeps what the rules look up as new as the database.
        cooldowns: removes cooldowns that are over.
        statistics: keeps the statistics of the tables.
        instance: name of this worker in its group, or None; see `group_instance`.
    """
    kafka, worker = settings.kafka, settings.worker
    batch_bytes = share_of(worker.buffer_bytes)
    limit_decoding()
    limit_polls(batch_bytes)
    app = MonitorApp(
        kafka.group_id,
        broker=broker_urls(kafka),
        broker_credentials=broker_credentials(kafka),
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        worker_redirect_stdouts=False,
        stream_buffer_maxsize=worker.buffer_size,
        broker_max_poll_interval=NEVER,
        # After these, Faust would log that something hangs, even if it only waits. Our watches know better.
        stream_processing_timeout=NEVER,
        broker_commit_livelock_soft_timeout=NEVER,
        broker_request_timeout=max(kafka.session_timeout, kafka.rebalance_timeout) + ANSWER_GRACE,
        broker_session_timeout=kafka.session_timeout,
        broker_heartbeat_interval=kafka.heartbeat_interval,
        broker_rebalance_timeout=kafka.rebalance_timeout,
        consumer_group_instance_id=instance,
        consumer_metadata_max_age_ms=METADATA_AGE_MS,
    )
    app.kafka_settings = kafka
    tweets = app.topic(kafka.topic, key_type=bytes, value_type=bytes)
    letters = app.topic(kafka.dead_letter_topic, key_type=bytes, value_type=bytes)

    async def acknowledge(events: Sequence[KafkaEvent]) -> None:
        for event in events:
            cast(Any, event).ack()
        await app.consumer.commit()

    writing = WriteBatches(
        settings,
        store=store,
        alert_rules=rules.alert_rules,
        on_alerts=relay.nudge,
        on_removals=scrubber.nudge,
        acknowledge=acknowledge,
        cache_counts=current.cache_counts,
    )
    stages = worker_stages(
        languages=languages,
        scoring=scoring,
        enrichment=enrichment,
        send_letters=partial(send_letters, letters),
        find_removed=lambda ids: until_answered(worker, lambda: store.find_removed(ids)),
        writing=writing,
    )
    conveyor = Conveyor(stages, fail=app.crash, queue_size=worker.queue_size)

    app.buffer_bytes = worker.buffer_bytes
    app.longest_wait = worker.shutdown_timeout / 2
    app.missing_dependency = conveyor.work.missing_dependency

    @app.agent(tweets, concurrency=1, name="tweets")  # type: ignore[untyped-decorator]
    async def read_tweets(stream: Any) -> None:
        gate = BatchGate(batch_bytes)
        stream.add_processor(gate.admit)
        async for events in stream.noack_take(worker.batch_size, within=worker.batch_wait):
            await conveyor.put(events)
            gate.start_next()

    async def end_after_hang(error: BaseException) -> None:
        slowest = conveyor.work.slowest()
        if slowest is not None and slowest.stage == ScorePosts.__name__:
            journal.note_hang()  # no post is to blame for another stage
        await app.crash(error)

    stage_watch = StageWatch(
        conveyor.work,
        timeout=worker.stall_timeout,
        fail=end_after_hang,
        require_broker=partial(require_broker, kafka),
    )
    reader_watch = ReaderWatch(
        kafka,
        timeout=worker.stall_timeout,
        positions=partial(reader_positions, app),
        reason_not_to_read=conveyor.work.reason_not_to_read,
        fail=app.crash,
    )
    dependency_watch = DependencyWatch(
        settings.database,
        engine=store.engine,
        publisher=publisher,
        missing_dependency=conveyor.work.missing_dependency,
    )
    health.live.update(stages=lambda: stage_watch.stall, reader=lambda: reader_watch.stall)
    health.ready.update(
        partitions=failing("are not assigned yet"),
        broker=lambda: "does not answer" if reader_watch.is_broker_away else None,
        database=lambda: dependency_watch.database_problem,
        redis=lambda: dependency_watch.redis_problem,
    )
    topic_watch = TopicWatch(kafka, reader=lambda: app.consumer, fail=app.crash)
    app.task(conveyor.run)
    app.task(topic_watch.run)
    app.task(stage_watch.run)
    app.task(reader_watch.run)
    app.task(dependency_watch.run)
    app.task(relay.run)
    app.task(scrubber.run)
    app.task(expiry.run)
    app.task(copies.run)
    app.task(retention.run)
    app.task(rules.run)
    app.task(knowledge.run)
    app.task(cooldowns.run)
    app.task(statistics.run)
    if reloader is not None:
        app.task(reloader.run)

    @app.task  # type: ignore[untyped-decorator]
    async def keep_systemd_informed() -> None:
        await send_life_signs(health.live_problem)

    @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
    async def log_assigned(_: Any, assigned: set[Any], **__: Any) -> None:
        log.info("partitions assigned", partitions=sorted(f"{tp.topic}/{tp.partition}" for tp in assigned))
        health.ready["partitions"] = partial(missing_partitions, app)
        report_ready()
        report_status(f"reads {len(assigned)} partitions of {kafka.topic}")

    return app


def broker_urls(kafka: KafkaSettings) -> str:
    """Return the brokers in Faust's notation."""
    return ";".join(f"kafka://{server.strip()}" for server in kafka.bootstrap_servers.split(","))
