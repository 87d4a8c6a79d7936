"""The command `python -m benchmarks.soak`."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final

import benchmarks.soak
from benchmarks.end_to_end.benchmark_stack import BenchmarkStack, running_worker, started_stack
from benchmarks.soak.paced_feed import fill_topic
from benchmarks.soak.samples import QUANTITIES, Sample
from benchmarks.soak.soak_run import TARGETS, SoakRun, longest_run
from benchmarks.soak.trends import Trend, find_trend
from monitor.kafka import ensure_topics
from monitor.settings import ModelSettings

BACKLOG: Final = 1_000_000

CACHE: Final = 1_000
"""Predictions that the worker remembers. With its default, a cache that fills for an hour would look like a
leak; this one is full within the warm-up."""

HOUR: Final = "an hour"
MILLION: Final = "a million posts"
"""What a slope is for."""

COUNT_LIMIT: Final = 2.0
"""Handles, threads or connections by which a slope may differ from 0 and counts as flat."""

STEP: Final = 1.0
"""Smallest change that shows: one handle, thread or connection, or a MB, since memory comes in pieces."""

POOL: Final = 4.0
"""Connections, and handles and threads for them, that pools may open late, and keep."""

WAITING_SHARE: Final = 0.001
"""Share of the posts by which lag and outbox may grow and count as flat."""


def show(line: str) -> None:
    """Print progress, apart from the results."""
    print(f"   {line}", file=sys.stderr, flush=True)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run the stack, the worker and the feed, and return the figures."""
    sample = resources.files("monitor").joinpath("embedded/sample_tweets.jsonl").read_text(encoding="utf-8")
    texts = [json.loads(line)["text"] for line in sample.splitlines() if line.strip()]
    embedded = {"broker": options.broker, "kafka_home": options.kafka_home}
    with started_stack(texts, **embedded) as stack:
        settings = stack.settings("soak", ModelSettings(bundle=options.bundle, cache=CACHE))
        ensure_topics(settings.kafka)
        if options.backlog:
            show(f"filling the topic with {options.backlog:,} posts")
            fill_topic(settings.kafka, texts, options.backlog, lambda n: show(f"{n:,} sent"))
        with running_worker(stack, settings, "soak") as worker:
            soak = SoakRun(stack, settings, worker, options.interval, show)
            try:
                if options.backlog:
                    soak.read_backlog(options.backlog)
                else:
                    minute = 60.0
                    every = options.restart_every * minute
                    soak.feed(options.rate, options.minutes * minute, options.restart, every)
                return figures_of(soak, options, stack)
            finally:
                soak.close()


def figures_of(soak: SoakRun, options: argparse.Namespace, stack: BenchmarkStack) -> dict[str, Any]:
    """Return what was measured, as far as it came."""
    measured = longest_run(soak.samples, options.warm_up * 60)
    minutes = (measured[-1].at - measured[0].at) / 60 if measured else 0.0
    stored = soak.stored()
    if options.backlog:
        measured = [sample for sample in measured if sample.lag is not None]
        positions = [(soak.sent - (sample.lag or 0)) / 1e6 for sample in measured]
        names = [name for name in QUANTITIES if name != "lag"]  # which falls to 0
        waiting_limit = WAITING_SHARE * 1e6
    else:
        positions = [sample.at / 3600 for sample in measured]
        names, waiting_limit = list(QUANTITIES), WAITING_SHARE * options.rate * 3600
    limits = {"memory_mb": options.limit / 100, "outbox": waiting_limit, "lag": waiting_limit}
    trends = {
        name: trend
        for name in names
        if (trend := trend_of(measured, positions, name, limits.get(name, COUNT_LIMIT)))
    }
    return {
        "benchmark": "soak",
        "mode": "backlog" if options.backlog else "paced",
        "slope_per": MILLION if options.backlog else HOUR,
        "bundle": options.bundle,
        "broker": stack.stack.broker.kind,
        "interrupted": soak.was_interrupted,
        "sent": soak.sent,
        "stored": stored,
        "restarts": dict(soak.restarts),
        "samples": len(measured),
        "measured_minutes": round(minutes, 2),
        "peak_mb": round(max((sample.memory_mb for sample in soak.samples), default=0.0), 1),
        "broker_mb": round(soak.samples[-1].broker_mb, 1) if soak.samples else 0.0,
        "trends": {name: record_of(trend) for name, trend in trends.items()},
        "all_flat": bool(trends) and all(trend.verdict == "flat" for trend in trends.values()),
    }


def trend_of(samples: Sequence[Sample], positions: Sequence[float], name: str, limit: float) -> Trend | None:
    """Return the trend of a quantity, or None without a sample of it.

    Args:
        samples: in their order.
        positions: of the samples.
        name: of the quantity.
        limit: slope that counts as flat; for memory, as a share of its median.
    """
    known = [
        (position, float(value))
        for position, sample in zip(positions, samples, strict=True)
        if (value := getattr(sample, name)) is not None
    ]
    if not known:
        return None
    values = [value for _, value in known]
    if name == "memory_mb":
        limit *= statistics.median(values)
    once = 0.0 if name in ("memory_mb", "outbox", "lag") else POOL
    return find_trend([position for position, _ in known], values, limit, STEP, once)


def record_of(trend: Trend) -> dict[str, Any]:
    """Return a trend for JSON, which has no infinity."""
    numbers = {
        "first_third": trend.first_third,
        "last_third": trend.last_third,
        "slope": trend.slope,
        "low": trend.low,
        "high": trend.high,
        "limit": trend.limit,
    }
    rounded = {name: round(number, 3) if math.isfinite(number) else None for name, number in numbers.items()}
    return {**rounded, "verdict": trend.verdict}


def print_trends(figures: dict[str, Any]) -> None:
    """Print a line for each quantity."""
    print(f"slopes are for {figures['slope_per']}, with their 95% intervals")
    for name, trend in figures["trends"].items():
        slope = "too few samples for a slope"
        if trend["slope"] is not None:
            slope = f"slope {trend['slope']:+.2f} ({trend['low']:+.2f} to {trend['high']:+.2f})"
        print(
            f"{name:21} first third {trend['first_third']:9.1f}   last third {trend['last_third']:9.1f}   "
            f"{slope}: {trend['verdict']} (limit {trend['limit']:.2f})"
        )


def read_options() -> argparse.Namespace:
    """Read the options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description=benchmarks.soak.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    parser.add_argument("--minutes", type=float, help="of feeding [60; quick 0.15]")
    parser.add_argument("--rate", type=float, help="posts a second [20]", default=20.0)
    parser.add_argument(
        "--backlog",
        type=int,
        nargs="?",
        const=BACKLOG,
        help=f"read a backlog in place of feeding; its number of posts [{BACKLOG:,}; quick 20,000]",
    )
    parser.add_argument("--bundle", help="[default; with --backlog dummy, whose predictions cost nothing]")
    parser.add_argument("--broker", choices=["tansu", "kafka"], default="tansu")
    parser.add_argument("--kafka-home", type=Path, help="folder of an Apache Kafka, for --broker kafka")
    parser.add_argument("--restart", nargs="+", choices=TARGETS, default=[], help="parts to restart")
    parser.add_argument("--restart-every", type=float, default=10.0, help="minutes between restarts [10]")
    parser.add_argument(
        "--interval", type=float, help="seconds between samples [5, with --backlog 1; quick 0.2]"
    )
    parser.add_argument("--warm-up", type=float, help="minutes to leave out [a tenth of the time]")
    parser.add_argument(
        "--limit", type=float, help="slope of memory that is flat, in percent [1; with --backlog 5]"
    )
    options = parser.parse_args()
    if options.backlog is not None and options.quick:
        options.backlog = min(options.backlog, 20_000)
    options.minutes = options.minutes or (0.15 if options.quick else 60.0)
    options.interval = options.interval or (0.2 if options.quick else 1.0 if options.backlog else 5.0)
    options.bundle = options.bundle or ("dummy" if options.backlog else "default")
    options.limit = options.limit or (5.0 if options.backlog else 1.0)
    if options.warm_up is None:
        # The speed of a backlog is not known before.
        options.warm_up = options.minutes / 10 if not options.backlog else 0.0 if options.quick else 0.5
    return options


def main() -> None:
    """Run the soak test, and print the figures."""
    try:
        figures = run(read_options())
    except KeyboardInterrupt:
        raise SystemExit("ended before the first sample") from None
    print_trends(figures)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
