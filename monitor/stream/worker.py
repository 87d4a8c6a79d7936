"""The worker: check what it depends on, build it, and run it until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from functools import partial

import structlog

from models import load_scorer
from models.languages import EVERY_LANGUAGE
from monitor.alerts import AlertRules, Relay
from monitor.alerts.redis import RedisPublisher
from monitor.compliance import EventExpiry, LetterScrubber
from monitor.enrich import LanguageFilter, wanted_languages
from monitor.errors import FatalError, MonitorError
from monitor.kafka import ensure_topics
from monitor.settings import Settings
from monitor.store import Store
from monitor.stream.app import create_app
from monitor.stream.group_instance import GroupInstance
from monitor.stream.memory_errors import end_on_memory_error
from monitor.stream.other_languages import SkipOtherLanguages
from monitor.stream.scoring import ScorePosts
from monitor.stream.shutdown import BoundedWorker
from monitor.stream.unread import require_broker

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
        RetryableError: the broker or the database cannot be reached at the start.
        SchemaRevisionError: the database is at another revision than this code needs.
        FatalError: a stage failed. The batches in work are read again by the next worker.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    scorer = load_scorer(settings.model.bundle, settings.model.serving)
    language_filter = LanguageFilter(wanted_languages(settings))
    language_filter.load()
    ensure_topics(settings.kafka, patient=True)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    end_on_memory_error(loop)
    store = Store(settings)
    loop.run_until_complete(store.check_revision())
    scoring = ScorePosts(scorer, at_once=settings.model.threads + 1)
    languages = SkipOtherLanguages(language_filter)
    relay = Relay(settings, store.engine, RedisPublisher(settings))
    scrubber = LetterScrubber(settings, store)
    rules = AlertRules(bundle=scorer.version, min_probability=settings.alerts.min_probability)
    instance = GroupInstance(settings.kafka.group_instance_id, settings.kafka.group_id)
    app = create_app(
        settings,
        languages=languages,
        scoring=scoring,
        store=store,
        relay=relay,
        scrubber=scrubber,
        expiry=EventExpiry(settings, store),
        raise_alerts=rules.alerts_for,
        instance=instance.name,
    )
    log.info(
        "worker starts",
        bundle=scorer.version,
        languages=sorted(language_filter.languages) or EVERY_LANGUAGE,
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
        instance.leave_at_end(app)
        with contextlib.suppress(MonitorError, TimeoutError):
            async with asyncio.timeout(LAST_ALERTS):
                await relay.publish_pending()
        await relay.close()
        await store.close()

    app.on_before_shutdown.connect(close_connections, weak=False)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        reason = worker.crash_reason or app.crash_reason
        if end.code and reason:
            raise FatalError(f"the worker stopped: {type(reason).__name__}: {reason}") from reason
        if end.code:
            raise
    finally:
        languages.close()
        scoring.close()
        instance.close()
    log.info("worker stopped")
