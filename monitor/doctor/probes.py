"""The probes, each a function of its settings.

Redis: is it there, may we write, and will it keep the alerts?
"""

from __future__ import annotations

import secrets
import shutil
import socket
from functools import partial

import redis

from monitor.alerts.redis.connection import connect, explained, place_of
from monitor.doctor.checkup import Probe, ProbeResult
from monitor.embedded.endpoints import read_endpoints
from monitor.embedded.servers import PROGRAMS, program
from monitor.errors import EmbeddedError, RetryableError
from monitor.settings import (
    DatabaseSettings,
    EmbeddedSettings,
    KafkaSettings,
    ModelSettings,
    RedisSettings,
    Settings,
)

CONNECT_TIMEOUT = 3.0  # seconds
LITTLE_SPACE = 2e9  # bytes
NO_SPACE = 200e6  # bytes


def probes_for(settings: Settings) -> list[Probe]:
    """Give the probes for all that a worker with these settings depends on."""
    return [
        Probe(
            "bundle",
            partial(probe_bundle, settings.model),
            patience=60,
            when_late="try again when the machine has less to do; see that the trunk is not being downloaded",
        ),
        Probe("broker", partial(probe_broker, settings.kafka)),
        Probe("database", partial(probe_database, settings.database)),
        Probe("redis", partial(probe_redis, settings.redis)),
        Probe("embedded", partial(probe_embedded, settings.embedded)),
        Probe("disk", partial(probe_disk, settings.embedded)),
    ]


def probe_bundle(model: ModelSettings) -> ProbeResult:
    """Load the bundle, as a worker would."""
    from models.scoring.catalog import load_scorer

    scorer = load_scorer(model.bundle, model.serving)
    return ProbeResult("ok", f"{model.bundle}, version {scorer.version}")


def probe_broker(kafka: KafkaSettings) -> ProbeResult:
    """Ask a broker for the topic and its partitions."""
    from monitor.kafka.topics import topic_states

    _connect_to_any(kafka)
    states = topic_states(kafka)
    partitions = {
        name: sum(s.topic == name for s in states) for name in (kafka.topic, kafka.dead_letter_topic)
    }
    missing = [name for name, count in partitions.items() if not count]
    if missing:
        return ProbeResult(
            "hint",
            f"{kafka.bootstrap_servers} answers; topic {' and '.join(missing)} is not there",
            "`ade-monitor topics create`, or start a worker, which creates it",
        )
    lag = sum(s.lag or 0 for s in states if s.topic == kafka.topic)
    return ProbeResult(
        "ok",
        f"{kafka.bootstrap_servers}, topic {kafka.topic} with {partitions[kafka.topic]} partitions, "
        f"{lag:,} tweets to read",
    )


def probe_database(database: DatabaseSettings) -> ProbeResult:
    """Ask the database for its revision."""
    from monitor.store import current_revision, describe_database, required_revision, revision_error

    found = current_revision(Settings(database=database))
    if found != required_revision():
        problem = revision_error(found, database)
        return ProbeResult("failed", problem.fact, problem.advice)
    return ProbeResult("ok", f"{describe_database(database)}, revision {found}")


def probe_embedded(embedded: EmbeddedSettings) -> ProbeResult:
    """See whether `ade-monitor up` could run here, or does."""
    running = read_endpoints(embedded.data_dir)
    if running:
        return ProbeResult("ok", f"the stack in {embedded.data_dir} is running, process {running.pid}")
    try:
        for name in PROGRAMS:
            program(name)
    except EmbeddedError as error:
        return ProbeResult("hint", str(error))
    return ProbeResult("ok", f"`ade-monitor up` can start a stack in {embedded.data_dir}; none is running")


def probe_disk(embedded: EmbeddedSettings) -> ProbeResult:
    """Measure the space for the embedded stack's data."""
    folder = embedded.data_dir.absolute()
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1e9:,.1f} GB free for {embedded.data_dir}"
    mend = "free some space, or set embedded.data_dir (ADE_EMBEDDED__DATA_DIR) to a folder on another disk"
    if free < NO_SPACE:
        return ProbeResult("failed", detail, mend)
    return ProbeResult("hint", detail, mend) if free < LITTLE_SPACE else ProbeResult("ok", detail)


def _connect_to_any(kafka: KafkaSettings) -> None:
    """Tell at once that nobody listens, where Kafka's clients would try for a while."""
    reasons = []
    for server in kafka.bootstrap_servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT).close()
        except (OSError, ValueError) as error:
            reasons.append(f"{server.strip()}: {error}")
        else:
            return
    raise RetryableError(
        f"no Kafka broker answers ({'; '.join(reasons)}): start it (`ade-monitor up` starts one), or correct "
        "kafka.bootstrap_servers (ADE_KAFKA__BOOTSTRAP_SERVERS)"
    )


def probe_redis(settings: RedisSettings) -> ProbeResult:
    """Write a key and take it away again, and look at what Redis does when it restarts or is full.

    Raises:
        MonitorError: it does not answer, or refuses the login or the write.
    """
    place = place_of(settings)
    with connect(settings) as client:
        key = f"ade:doctor:{secrets.token_hex(4)}"
        try:
            client.set(key, "1", ex=10)
            client.delete(key)
        except redis.RedisError as error:
            raise explained(error, place) from None
        hints = _hints(client)
    if hints:
        return ProbeResult(
            "hint",
            f"{place}; {', '.join(what for what, _ in hints)}",
            "; ".join(m for _, m in hints),
        )
    return ProbeResult("ok", f"{place}, writable")


def _hints(client: redis.Redis) -> list[tuple[str, str]]:
    try:
        config = client.config_get("appendonly", "maxmemory-policy")
    except redis.RedisError:
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
    return hints
