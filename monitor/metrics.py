"""Every metric of the monitor, for Prometheus. `docs/operation.md` shows them as a table.

Each kind of process has its own: a worker has `WORKER`, `ade-monitor connect` has `CONNECTOR`,
`ade-monitor notify` has `NOTIFIER`, and `ade-monitor up` has `SUPERVISOR`. All of them have `EVERY_PROCESS`,
too. `ade-monitor review drift` writes `REVIEW` to a file. A metric is changed where the fact is known, in one
line: `metrics.RETRIES.labels(dependency="redis").inc()`.

Names follow Prometheus: `_total` for counters, `_seconds` and `_bytes` for units. Labels have a fixed set of
values (`bounded_labels`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from monitor.bounded_labels import BoundedCounter, BoundedGauge, BoundedHistogram, bounded_value

# They would double the number of series, and Prometheus does not need them.
disable_created_metrics()  # type: ignore[no-untyped-call]

EVERY_PROCESS: Final = CollectorRegistry()
WORKER: Final = CollectorRegistry()
CONNECTOR: Final = CollectorRegistry()
NOTIFIER: Final = CollectorRegistry()
SUPERVISOR: Final = CollectorRegistry()
REVIEW: Final = CollectorRegistry()

STAGE_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
DELAY_BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400)
"""Upper bounds in seconds. A post that was fed from an archive is years old when it is stored."""

# ── every process ──────────────────────────────────────────────────────────────────────────────────────────
# Memory (process_resident_memory_bytes), processor time, open files, and Python's garbage collector.

ProcessCollector(registry=EVERY_PROCESS)
GCCollector(registry=EVERY_PROCESS)

# One more attempt after a dependency did not answer. A rate above zero for minutes means that it is away.
RETRIES: Final = BoundedCounter(
    "ade_retries_total", "Further attempts after a dependency failed.", ["dependency"], registry=EVERY_PROCESS
)

# What /live and /ready check, as 1 or 0, so that alert rules need no second probe.
CHECK_OK: Final = BoundedGauge(
    "ade_check_ok", "1 if a check of /live or /ready passes, else 0.", ["check"], registry=EVERY_PROCESS
)

# ── worker: from the message to the row ────────────────────────────────────────────────────────────────────

# Messages of Kafka, whatever is in them. Those that are read again after a restart count again.
MESSAGES_READ: Final = BoundedCounter(
    "ade_messages_read_total", "Messages that were read from the topic.", registry=WORKER
)

# A message may have several posts, or none.
POSTS_READ: Final = BoundedCounter("ade_posts_read_total", "Valid posts in these messages.", registry=WORKER)

# The language is the platform's, or the detected one. Languages without a code of two letters are `other`.
POSTS_SKIPPED: Final = BoundedCounter(
    "ade_posts_skipped_total",
    "Posts that were not scored because of their language.",
    ["language"],
    registry=WORKER,
)

# An error of the monitor. Such posts are stored, and alerts about them are raised, without drugs and facts.
ENRICHMENT_FAILED: Final = BoundedCounter(
    "ade_enrichment_failed_total", "Scored posts whose enrichment failed.", registry=WORKER
)

# These count batches that were written, so a batch counts once however often the write was tried.
POSTS_SCORED: Final = BoundedCounter("ade_posts_scored_total", "Posts that were scored.", registry=WORKER)
POSTS_POSITIVE: Final = BoundedCounter(
    "ade_posts_positive_total", "Scored posts with an adverse effect.", registry=WORKER
)

# Fewer than were scored: posts that are stored already change nothing, and deleted ones are left out.
POSTS_STORED: Final = BoundedCounter(
    "ade_posts_stored_total", "Predictions that are new in the database.", registry=WORKER
)
POSTS_COUNTED: Final = BoundedCounter(
    "ade_posts_counted_total",
    "Posts that were counted for the first time, with a row or without.",
    registry=WORKER,
)
POSTS_LEFT_OUT: Final = BoundedCounter(
    "ade_posts_left_out_total",
    "Scored posts that were not stored: deleted ones, and versions older than the stored one (stale).",
    ["cause"],
    registry=WORKER,
)
POSTS_EDITED: Final = BoundedCounter(
    "ade_posts_edited_total", "Posts that became a new version of a stored post.", registry=WORKER
)
# Counted when they are found. A batch that is tried again, because the database failed, counts again.
COPIES_FOUND: Final = BoundedCounter(
    "ade_copies_found_total",
    "Positive posts that are copies of earlier ones: reposts, exact copies, and near ones.",
    ["kind"],
    registry=WORKER,
)
MENTIONS_STORED: Final = BoundedCounter(
    "ade_mentions_stored_total", "Mentions that are new in the database.", registry=WORKER
)
COMPLIANCE_EVENTS: Final = BoundedCounter(
    "ade_compliance_events_total", "Deletions and other compliance events that were applied.", registry=WORKER
)

# Confirmed by the broker. Letters of deleted posts are not sent.
DEAD_LETTERS: Final = BoundedCounter(
    "ade_dead_letters_total", "Dead letters that were sent.", ["reason"], registry=WORKER
)

# Waiting for the database is part of WriteBatches; waiting for the next stage is not.
STAGE_SECONDS: Final = BoundedHistogram(
    "ade_stage_seconds", "Time of a batch in a stage.", ["stage"], buckets=STAGE_BUCKETS, registry=WORKER
)

# Since the broker received the message, and since the post was written, if it has a date.
DELAY_SECONDS: Final = BoundedHistogram(
    "ade_end_to_end_delay_seconds",
    "Age of a post, or of a message with posts, when it is stored.",
    ["since"],
    buckets=DELAY_BUCKETS,
    registry=WORKER,
)

# Of the partitions that this worker reads, measured at the broker every 20 s. Absent while that is away.
LAG_MESSAGES: Final = BoundedGauge(
    "ade_lag_messages", "Messages of a partition that are not stored yet.", ["partition"], registry=WORKER
)

# ── worker: from the row to the subscriber ─────────────────────────────────────────────────────────────────

ALERTS_RAISED: Final = BoundedCounter(
    "ade_alerts_raised_total", "Alerts that are new in the outbox.", registry=WORKER
)
ALERTS_CHANGED: Final = BoundedCounter(
    "ade_alerts_changed_total", "Alerts that an edit replaced or retracted.", registry=WORKER
)

# New alerts, changes and retractions.
ALERTS_PUBLISHED: Final = BoundedCounter(
    "ade_alerts_published_total", "Changes of alerts that are in the Redis Stream.", registry=WORKER
)

# All workers share one outbox, so each of them reports the same; do not add them up.
OUTBOX_ALERTS: Final = BoundedGauge(
    "ade_outbox_alerts", "Changes of alerts that wait in the outbox.", registry=WORKER
)
OUTBOX_AGE: Final = BoundedGauge(
    "ade_outbox_oldest_age_seconds", "How long the oldest of them has waited.", registry=WORKER
)

# ── worker: the rules ──────────────────────────────────────────────────────────────────────────────────────

# Without a rules file, the one rule is the default.
RULES_LOADED: Final = BoundedGauge("ade_rules_loaded", "Rules that decide about alerts now.", registry=WORKER)
RULES_RELOADS: Final = BoundedCounter(
    "ade_rules_reloads_total",
    "Changed rules files that a running worker took up, or refused.",
    ["outcome"],
    registry=WORKER,
)

# A fault of ours: the log says where. These effects raise alerts as without a rules file.
RULES_FAILED: Final = BoundedCounter(
    "ade_rules_failed_total", "Effects about which the rules could not decide.", registry=WORKER
)

# ── worker: the model, and rows that end ───────────────────────────────────────────────────────────────────

# The version is a hash of the bundle's content. Replaced, not added, when another bundle is taken up.
BUNDLE: Final = Info("ade_bundle", "The bundle that scores.", registry=WORKER)
BUNDLE_RELOADS: Final = BoundedCounter(
    "ade_bundle_reloads_total",
    "Other bundles that a running worker took up, or refused.",
    ["outcome"],
    registry=WORKER,
)
RETENTION_REMOVED: Final = BoundedCounter(
    "ade_retention_removed_total",
    "Posts in the database, and alerts in the Redis Stream, that retention removed.",
    ["what"],
    registry=WORKER,
)

# ── up ─────────────────────────────────────────────────────────────────────────────────────────────────────

# `broker`, `postgres`, `valkey`, and all workers together.
RESTARTS: Final = BoundedCounter(
    "ade_restarts_total", "Programs that ended and were started again.", ["program"], registry=SUPERVISOR
)
WORKERS_READY: Final = BoundedGauge("ade_workers_ready", "Workers that read posts now.", registry=SUPERVISOR)

# ── review ─────────────────────────────────────────────────────────────────────────────────────────────────

PRECISION_REVIEWED: Final = BoundedGauge(
    "ade_review_posts", "Recent posts with an effect by the model that people decided.", registry=REVIEW
)
PRECISION_POSITIVES: Final = BoundedGauge(
    "ade_review_true_posts", "Posts among them that report an effect.", registry=REVIEW
)
PRECISION_EXPECTED: Final = BoundedGauge(
    "ade_review_expected_posts", "Such posts that are expected from the earlier verdicts.", registry=REVIEW
)
PRECISION_DROPPED: Final = BoundedGauge(
    "ade_review_precision_dropped", "1 if the model has become less precise, else 0.", registry=REVIEW
)

# ── connect and notify ─────────────────────────────────────────────────────────────────────────────────────

Counts = tuple[str, Mapping[str, Any]]
"""A platform, and what its connector has counted by the names of `Activity`."""

Families = Mapping[str, tuple[str, str]]
"""By the name of a count, the name and the meaning of its metric."""


class ScrapedCounts(Collector):
    """Counts that a process has for other reasons, too, read at each scrape: so there is only one count."""

    LABEL: str
    COUNTERS: ClassVar[Families]
    GAUGES: ClassVar[Families]

    def series(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the counts for each value of the label."""
        raise NotImplementedError

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield all metrics with their present values."""
        series = self.series()
        kinds = ((CounterMetricFamily, self.COUNTERS), (GaugeMetricFamily, self.GAUGES))
        for kind, families in kinds:
            for name, (metric, meaning) in families.items():
                family = kind(metric, meaning, labels=[self.LABEL])
                for value, counts in series.items():
                    if counts[name] is not None:
                        family.add_metric([value], float(counts[name]))
                yield family


class ConnectorMetrics(ScrapedCounts):
    """What a connector counts for its log.

    Attributes:
        read: returns the platform and the counts; None while there is no connector.
    """

    LABEL = "platform"
    COUNTERS: ClassVar[Families] = {
        "frames": ("ade_connector_frames", "Units that the platform sent."),
        "posts": ("ade_connector_posts_received", "Posts in them."),
        "filtered": ("ade_connector_posts_filtered", "Posts that name no drug and were not sent."),
        "events": ("ade_connector_events", "Deletions and other compliance events."),
        "without_text": ("ade_connector_posts_without_text", "Posts without text, such as pictures."),
        "unreadable": ("ade_connector_unreadable", "Frames, or parts of them, that are not valid."),
        "sent": ("ade_connector_messages_sent", "Messages that the broker has confirmed."),
        "reconnects": ("ade_connector_reconnects", "Connections that ended, and attempts that failed."),
        "gaps": ("ade_connector_gaps", "Times for which the platform did not send everything again."),
    }

    # The lag is the age of the newest event. It grows while the platform is away, or quiet.
    GAUGES: ClassVar[Families] = {
        "connected": ("ade_connector_connected", "1 while a connection delivers, else 0."),
        "waiting": ("ade_connector_frames_waiting", "Frames that wait for the broker."),
        "lag_s": ("ade_connector_lag_seconds", "How long ago the newest event happened."),
    }

    def __init__(self) -> None:
        self.read: Callable[[], Counts | None] = lambda: None

    def series(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the counts of the one platform."""
        counts = self.read()
        return {bounded_value(self.LABEL, counts[0]): counts[1]} if counts else {}


class RouteMetrics(ScrapedCounts):
    """What the routes of `ade-monitor notify` count. Their names come from the rules file, so they are few.

    Attributes:
        read: returns the counts of each route.
    """

    LABEL = "route"
    COUNTERS: ClassVar[Families] = {
        "messages": ("ade_notify_messages", "Messages that a receiver took."),
        "alerts": ("ade_notify_alerts", "Alerts in them."),
        "retractions": ("ade_notify_retractions", "Retractions in them."),
        "failures": ("ade_notify_failures", "Attempts to send that failed."),
        "refused": ("ade_notify_refused", "Alerts that a receiver refused for good."),
        "missed": ("ade_notify_missed", "Alerts that left the stream unsent."),
        "unrouted": ("ade_notify_unrouted", "Alerts whose routes the rules file does not have."),
    }

    # An alert is late from the time on at which it is due. A digest is due at its full hour or day.
    GAUGES: ClassVar[Families] = {
        "serves": ("ade_notify_serves", "1 while this process serves the route, 0 while it stands by."),
        "failing": ("ade_notify_failing", "1 while the receiver does not take messages, else 0."),
        "waiting": ("ade_notify_waiting", "Alerts that wait for the route."),
        "late_s": ("ade_notify_late_seconds", "How late the oldest of them is."),
    }

    def __init__(self) -> None:
        self.read: Callable[[], Mapping[str, Mapping[str, Any]]] = dict

    def series(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the counts of all routes."""
        return self.read()


CONNECTIONS: Final = ConnectorMetrics()
CONNECTOR.register(CONNECTIONS)
ROUTES: Final = RouteMetrics()
NOTIFIER.register(ROUTES)


def metrics_of(kind: CollectorRegistry) -> CollectorRegistry:
    """Return a registry with the metrics of a kind of process, and those of every process."""
    registry = CollectorRegistry()
    registry.register(EVERY_PROCESS)
    registry.register(kind)
    return registry
