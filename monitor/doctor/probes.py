"""The probes of `ade-monitor doctor`, each a function of its settings."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING

from monitor.doctor.checkup import Probe, ProbeResult
from monitor.doctor.route_probe import probe_routes
from monitor.doctor.rules_probe import probe_rules
from monitor.doctor.stack_probes import probe_disk, probe_embedded
from monitor.settings import DatabaseSettings, KafkaSettings, RedisSettings, Settings

if TYPE_CHECKING:
    from redis import Redis


def probes_for(settings: Settings) -> list[Probe]:
    """Return the probes for everything that a worker with these settings depends on."""
    return [
        Probe(
            "bundle",
            partial(probe_bundle, settings),
            timeout=60,
            advice_when_late="try again when the machine is less busy; check that the trunk is not being "
            "downloaded",
        ),
        Probe("broker", partial(probe_broker, settings.kafka)),
        Probe("database", partial(probe_database, settings.database)),
        Probe("redis", partial(probe_redis, settings.redis)),
        Probe(
            "rules",
            partial(probe_rules, settings),
            advice_when_late="check that the disk of alerts.rules answers",
        ),
        *([Probe("routes", partial(probe_routes, settings))] if settings.alerts.rules else []),
        Probe("embedded", partial(probe_embedded, settings.embedded)),
        Probe("disk", partial(probe_disk, settings.embedded)),
    ]


def probe_bundle(settings: Settings) -> ProbeResult:
    """Load the bundle, as a worker would, and compare the languages of its training with the wanted ones."""
    from models import load_scorer
    from models.bundle import changed_files
    from models.scoring import bundle_folder, second_encoder, serving_notes, trained_languages
    from models.scoring.dummy import is_dummy
    from monitor.enrich import wanted_languages

    model = settings.model
    scorer = load_scorer(model.bundle, model.serving)
    scored, trained = wanted_languages(settings), trained_languages(model.bundle)
    readers = f" with a second reader ({second})" if (second := second_encoder(model.bundle)) else ""
    detail = (
        f"{model.bundle}, version {scorer.version}{readers}; scores {', '.join(scored) or 'every language'}"
    )
    detail = "; ".join([detail, *serving_notes(scorer)])
    if not is_dummy(model.bundle) and (changed := changed_files(bundle_folder(model.bundle))):
        return ProbeResult(
            "hint",
            f"{detail}, but was changed since it was written: {', '.join(changed)}",
            "if nobody changed it on purpose, copy the bundle again; predictions depend neither on the "
            "metrics nor on the card",
        )
    unseen = ", ".join(sorted({*scored} - {*trained})) if scored else "other languages"
    if trained and unseen:
        return ProbeResult(
            "hint",
            f"{detail}, but was trained on {', '.join(trained)} only",
            f"its predictions for {unseen} mean little: correct worker.languages (ADE_WORKER__LANGUAGES)",
        )
    return ProbeResult("ok", detail)


def probe_broker(kafka: KafkaSettings) -> ProbeResult:
    """Check that a broker answers and has the topic, and count the posts that wait."""
    from monitor.kafka import topic_states

    states = topic_states(kafka)
    partitions = {
        topic: sum(state.topic == topic for state in states)
        for topic in (kafka.topic, kafka.dead_letter_topic)
    }
    missing = [topic for topic, count in partitions.items() if not count]
    if missing:
        return ProbeResult(
            "hint",
            f"{kafka.bootstrap_servers} answers; topic {' and '.join(missing)} does not exist",
            "`ade-monitor topics create`, or start a worker, which creates it",
        )
    tweets = [state for state in states if state.topic == kafka.topic]
    waiting = sum(state.waiting for state in tweets)
    detail = (
        f"{kafka.bootstrap_servers}, topic {kafka.topic} with {len(tweets)} partitions, "
        f"{waiting:,} tweets to read"
    )
    if waiting and all(state.committed is None for state in tweets):
        return ProbeResult(
            "hint",
            f"{detail}; the group {kafka.group_id} has never read this topic",
            "start a worker, or correct kafka.group_id (ADE_KAFKA__GROUP_ID)",
        )
    return ProbeResult("ok", detail)


def probe_database(database: DatabaseSettings) -> ProbeResult:
    """Check that the database has the revision that this code needs, and that this login can write to it.

    A login of analysts, which may only read, is fine for them.

    Raises:
        MonitorError: it does not answer, is at another revision, or refuses to write.
    """
    from monitor.store import (
        READER,
        check_writable,
        current_revision,
        describe_database,
        may_only_read,
        required_revision,
        revision_error,
    )

    revision = current_revision(Settings(database=database))
    if revision != required_revision():
        raise revision_error(revision, database)
    if may_only_read(database):
        return ProbeResult(
            "hint",
            f"{describe_database(database)}, revision {revision}; this login may only read ({READER})",
            "a worker needs a member of ade_writer in database.url (ADE_DATABASE__URL)",
        )
    check_writable(database)
    return ProbeResult("ok", f"{describe_database(database)}, revision {revision}, writable")


def probe_redis(settings: RedisSettings) -> ProbeResult:
    """Write a key and delete it, and check what Redis does when it restarts or is full.

    Raises:
        MonitorError: it does not answer, or refuses the login or the write.
    """
    from monitor.alerts.redis import connect, location_of, translate_redis_errors

    location = location_of(settings)
    with connect(settings) as client:
        key = f"ade:doctor:{secrets.token_hex(4)}"
        with translate_redis_errors(location):
            client.set(key, "1", ex=10)
            client.delete(key)
        hints = _redis_hints(client)
    if hints:
        facts, advice = zip(*hints, strict=True)
        return ProbeResult("hint", f"{location}; {', '.join(facts)}", "; ".join(advice))
    return ProbeResult("ok", f"{location}, writable")


def _redis_hints(client: Redis) -> list[tuple[str, str]]:
    """Return what could be better in the configuration of Redis, each as (fact, advice)."""
    from redis import RedisError

    try:
        config = client.config_get("appendonly", "maxmemory-policy", "stream-node-max-entries")
    except RedisError:
        return []  # hosted servers hide their configuration
    hints = []
    if config.get("appendonly") != "yes":
        hints.append(("it may forget the last alerts when it restarts", "CONFIG SET appendonly yes"))
    if config.get("maxmemory-policy", "noeviction") != "noeviction":
        hints.append(
            (
                f"it drops keys when it is full ({config['maxmemory-policy']})",
                "CONFIG SET maxmemory-policy noeviction",
            )
        )
    if config.get("stream-node-max-entries", "1") != "1":
        hints.append(
            (
                "the text of a retracted alert stays in its memory while the alerts next to it do",
                "CONFIG SET stream-node-max-entries 1",
            )
        )
    return hints
