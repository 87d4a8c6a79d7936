"""The worker: check what it depends on, build it, and run it until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from functools import partial

import structlog

from models.languages import EVERY_LANGUAGE
from models.scoring.dummy import is_dummy
from monitor import metrics
from monitor.alerts import Relay
from monitor.alerts.cooldown_expiry import CooldownExpiry
from monitor.alerts.knowledge_reading import KnowledgeWatch
from monitor.alerts.redis import RedisPublisher
from monitor.alerts.rulebook import load_drug_names
from monitor.alerts.rules_in_use import RulesInUse
from monitor.compliance import CopyExpiry, EventExpiry, LetterScrubber, RetentionJob
from monitor.enrich import LanguageDetector
from monitor.enrich.enriching import Enricher
from monitor.errors import FatalError, MonitorError
from monitor.health import Health, Heartbeat, failing, passes
from monitor.kafka import ensure_topics, lacks_right, missing_right_error
from monitor.settings import Settings
from monitor.status_server import serving_status
from monitor.store import Store, author_keys
from monitor.store.month_statistics import MonthStatistics
from monitor.stream.app import create_app
from monitor.stream.bundle_content import read_content
from monitor.stream.enrichment import EnrichPosts
from monitor.stream.group_instance import GroupInstance
from monitor.stream.memory_errors import end_on_memory_error
from monitor.stream.other_languages import SkipOtherLanguages
from monitor.stream.reloading import BundleReloader
from monitor.stream.scoring import ScorePosts
from monitor.stream.scoring_journal import open_journal
from monitor.stream.served_bundle import CurrentBundle, load_served_bundle
from monitor.stream.shutdown import BoundedWorker
from monitor.stream.unread import require_broker
from monitor.tracing import start_tracing, stop_tracing

log = structlog.get_logger()

SWITCH_INTERVAL = 0.0005
"""Seconds until a running Python thread lets another one run, instead of Python's 0.005. The model's threads
need Python only between two operations, and would wait for it while messages are read."""

LAST_ALERTS = 3.0
"""Seconds to publish the alerts of the last batches at the end; alerts that remain wait in the outbox."""


def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT.

    Raises:
        ModelError: the bundle cannot be loaded.
        RetryableError: the broker or the database cannot be reached at the start, or the folder of the bundle
            was changed while it was read.
        SchemaRevisionError: the database is at another revision than this code needs.
        FatalError: a stage failed. The batches in work are read again by the next worker.
        SettingsError: the port for metrics and health cannot be used, or traces cannot be sent.
        RulesError: the rules file is wrong.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    start_tracing()
    health = Health()
    health.ready["bundle"] = failing("is not loaded yet")
    with serving_status(settings.monitoring, metrics.WORKER, health) as url:
        if url:
            log.info("metrics and health", url=url)
        _run(settings, health)


def _run(settings: Settings, health: Health) -> None:
    if settings.worker.reload:
        signal.signal(signal.SIGHUP, _ignore)  # what it requests happens at the start anyway
    detector = LanguageDetector()
    current = CurrentBundle(load_served_bundle(settings, detector))
    current.now.language_filter.load()
    metrics.BUNDLE.info({"version": current.version})
    health.ready["bundle"] = passes
    ensure_topics(settings.kafka, patient=True)
    require_broker(settings.kafka)  # names a missing right, for which the consumer would wait in silence
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    end_on_memory_error(loop)
    heartbeat = Heartbeat()
    heartbeat.beat_with(loop)
    health.live["event_loop"] = heartbeat.problem
    store = Store(settings)
    loop.run_until_complete(store.check_revision())
    knowledge = KnowledgeWatch(settings.database, store.engine)
    loop.run_until_complete(knowledge.read_at_start())
    hash_author = author_keys(settings.privacy).hash
    rules = RulesInUse(settings.alerts, load_drug_names(settings.enrich), knowledge.now, hash_author)
    journal = open_journal(settings.worker.state_dir)
    scoring = ScorePosts(current, at_once=settings.model.threads + 1, journal=journal)
    reloader = _reloader_of(settings, current, scoring, detector) if settings.worker.reload else None
    languages = SkipOtherLanguages(current)
    enrichment = EnrichPosts(Enricher(settings.enrich))
    publisher = RedisPublisher(settings)
    relay = Relay(settings, store.engine, publisher)
    scrubber = LetterScrubber(settings)
    instance = GroupInstance(settings.kafka.group_instance_id, settings.kafka.group_id)
    app = create_app(
        settings,
        health=health,
        current=current,
        reloader=reloader,
        journal=journal,
        languages=languages,
        scoring=scoring,
        enrichment=enrichment,
        store=store,
        relay=relay,
        publisher=publisher,
        scrubber=scrubber,
        expiry=EventExpiry(settings, store),
        copies=CopyExpiry(settings, store),
        retention=RetentionJob(settings),
        rules=rules,
        knowledge=knowledge,
        cooldowns=CooldownExpiry(settings.database, store.engine),
        statistics=MonthStatistics(settings.database, store.engine),
        instance=instance.name,
    )
    log.info(
        "worker starts",
        bundle=current.version,
        languages=sorted(current.now.language_filter.languages) or EVERY_LANGUAGE,
        topic=settings.kafka.topic,
        group=settings.kafka.group_id,
        instance=instance.name,
    )
    worker = BoundedWorker(
        app,
        timeout=settings.worker.shutdown_timeout,
        require_broker=partial(require_broker, settings.kafka),
        loop=loop,
    )

    async def close_connections(*_: object, **__: object) -> None:
        health.stops()
        instance.leave_at_end(app)
        with contextlib.suppress(MonitorError, TimeoutError):
            async with asyncio.timeout(LAST_ALERTS):
                await relay.publish_pending()
        await relay.close()
        await store.close()

    app.on_before_shutdown.connect(close_connections, weak=False)
    health.runs()
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        reason = worker.crash_reason or app.crash_reason
        if end.code and reason and lacks_right(reason):
            raise missing_right_error(settings.kafka, reason) from reason
        if end.code and reason:
            raise FatalError(f"the worker stopped: {type(reason).__name__}: {reason}") from reason
        if end.code:
            raise
    finally:
        languages.close()
        scoring.close()
        enrichment.close()
        journal.close()
        if reloader is not None:
            reloader.close()
        instance.close()
        stop_tracing()
    log.info("worker stopped")


def _reloader_of(
    settings: Settings, current: CurrentBundle, scoring: ScorePosts, detector: LanguageDetector
) -> BundleReloader:
    return BundleReloader(
        settings.model.bundle,
        current,
        read_content=partial(read_content, settings.model.bundle),
        load=partial(load_served_bundle, settings, detector),
        pause=scoring.paused if _uses_gpu(settings) else contextlib.nullcontext,
        # On a GPU batches wait meanwhile, and the watch over the stages must not end the worker for that.
        timeout=settings.worker.stall_timeout / 2,
    )


def _uses_gpu(settings: Settings) -> bool:
    if is_dummy(settings.model.bundle):
        return False
    from models.device import resolve_device

    return resolve_device(settings.model.device).type == "cuda"


def _ignore(*_: object) -> None:
    """Do nothing at a signal."""
