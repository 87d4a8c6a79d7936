"""Start a worker: check what it depends on, put it together, run it until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import structlog

from models.scoring.catalog import load_scorer
from monitor.alerts import Relay
from monitor.errors import FatalError, MonitorError
from monitor.kafka.topics import ensure_topics
from monitor.settings import Settings
from monitor.store import Store
from monitor.stream.app import create_app
from monitor.stream.scoring import ScoringThreads
from monitor.stream.shutdown import BoundedWorker

log = structlog.get_logger()

HANDOVER = 0.0005
"""Seconds after which a thread of Python lets another one go on, instead of 0.005: those of the model need
Python only between two operations, and wait for it while messages are read."""

LAST_ALERTS = 3.0
"""Seconds that a stopping worker gives the alerts of its last batches; later ones wait in the outbox."""


def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        ModelError: the bundle cannot be loaded.
        RetryableError: the broker or the database cannot be reached at the start.
        SchemaRevisionError: the database is at another revision than the code.
        FatalError: a stage failed; whatever it had in hand will be read again.
    """
    sys.setswitchinterval(HANDOVER)
    scorer = load_scorer(settings.model.bundle, settings.model.serving)
    ensure_topics(settings.kafka)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    store = Store(settings)
    loop.run_until_complete(store.check_revision())
    scoring = ScoringThreads(scorer, at_once=settings.model.threads + 1)
    relay = Relay(settings, store.engine)
    app = create_app(settings, scoring=scoring, store=store, relay=relay)
    log.info(
        "worker starts", bundle=scorer.version, topic=settings.kafka.topic, group=settings.kafka.group_id
    )
    worker = BoundedWorker(app, timeout=settings.worker.shutdown_timeout, loop=loop)

    async def close_connections(*_: object, **__: object) -> None:
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
        scoring.close()
    log.info("worker stopped")
