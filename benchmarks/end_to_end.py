"""The whole way on this machine: a backlog in Kafka, one worker, rows in Postgres.

    python benchmarks/end_to_end.py [--quick] [--bundle default] [--threads N] [--precision auto]
                                    [--tweets N] [--backlog N] [--rounds N]

Starts an embedded stack of its own in a temporary folder, and measures for the bundle and for the dummy
model, which costs nothing and so shows what the way around the model can carry:

- tweets a second while a backlog is worked off, up to the last committed batch: from the first one (dummy
  model, whose backlog is there before it starts), or from the first tweet sent;
- seconds from the producer's send to the committed row, p50 and p95, at half of that rate
  (Postgres' own commit timestamps against the tweets' `created_at`);
- peak memory of the worker; and whether it stays flat over a long backlog (dummy model).

And the engine alone: the same bundle, texts, threads and precision through `models.stream` in this process,
by turns with the worker, a round of each; the ratio is the median of the rounds'. Of the same rounds comes
the CPU time of a tweet in the worker's process and in the engine, which neighbours on the machine change
less. Both run without the cache of answers (all tweets differ by a number anyway).

The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from importlib import resources
from typing import Any

from end_to_end_stack import Bench, started_bench, working
from end_to_end_worker import Turn, Worked

from models import load_scorer, stream
from monitor.cli import OPENMP_SETTINGS
from monitor.kafka.topics import ensure_topics
from monitor.settings import ModelSettings

for name, value in OPENMP_SETTINGS.items():  # as the worker's: read when PyTorch is loaded
    os.environ.setdefault(name, value)

WARM_UP = 64  # tweets before the first turn


def measure_dummy(bench: Bench, backlog: int, paced_seconds: float) -> dict[str, Any]:
    """Work off a long backlog by a model that costs nothing."""
    settings = bench.settings("dummy", ModelSettings(bundle="dummy"))
    ensure_topics(settings.kafka)
    bench.feed(settings, 0, backlog)
    with working(bench, settings, "dummy") as worker:
        worked = Worked(bench, settings, worker)
        turn = worked.standing_backlog(backlog)
        more = worked.backlog(backlog // 4)  # without the CPU time of the start
        middle = len(worked.memory) // 2
        first, second = worked.memory[: middle + 1], worked.memory[middle:]
        result = {
            "tweets_per_s": round(turn.tweets_per_s, 1),
            "cpu_ms": round(more.cpu_ms, 3),
            "rss_first_half_mb": round(max(first), 1),
            "rss_second_half_mb": round(max(second), 1),
            **worked.paced(turn.tweets_per_s, paced_seconds),
            "peak_mb": worked.peak_mb(),
        }
    print(f"   dummy: {result}")
    return result


def measure_bundle(
    bench: Bench, model: ModelSettings, tweets: int, rounds: int, paced_seconds: float
) -> dict[str, Any]:
    """Let the worker and the engine alone judge the same texts by turns."""
    settings = bench.settings("bundle", model)
    ensure_topics(settings.kafka)

    def alone(texts: list[str]) -> Turn:
        begin, cpu = time.perf_counter(), time.process_time()
        for _ in stream(scorer, texts, ahead=model.threads + 1):
            pass
        cpu_ms = (time.process_time() - cpu) / len(texts) * 1000
        return Turn(len(texts) / (time.perf_counter() - begin), cpu_ms)

    with working(bench, settings, "bundle") as worker:
        scorer = load_scorer(model.bundle, model.serving)
        worked = Worked(bench, settings, worker)
        worked.backlog(WARM_UP)
        alone(bench.some_texts(0, WARM_UP))
        pairs: list[tuple[Turn, Turn]] = []
        for number in range(rounds):
            texts = bench.some_texts(WARM_UP + number * tweets, tweets)
            if number % 2:
                engine = alone(texts)
                pairs.append((worked.backlog(tweets), engine))
            else:
                daemon = worked.backlog(tweets)
                pairs.append((daemon, alone(texts)))
        rate = statistics.median(daemon.tweets_per_s for daemon, _ in pairs)
        result = {
            "tweets_per_s": round(rate, 1),
            "engine_tweets_per_s": round(statistics.median(engine.tweets_per_s for _, engine in pairs), 1),
            "daemon_to_engine": round(
                statistics.median(d.tweets_per_s / e.tweets_per_s for d, e in pairs), 3
            ),
            "cpu_ms": round(statistics.median(daemon.cpu_ms for daemon, _ in pairs), 2),
            "engine_cpu_ms": round(statistics.median(engine.cpu_ms for _, engine in pairs), 2),
            **worked.paced(rate, paced_seconds),
            "peak_mb": worked.peak_mb(),
        }
    print(f"  bundle: {result}")
    return result


def main() -> None:
    """Read the options, measure both cases, print the ratios."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    options.add_argument("--bundle", default="default")
    options.add_argument("--threads", type=int, default=1, help="setting model.threads [1]")
    options.add_argument("--precision", choices=["auto", "fp32", "bf16"], default="auto")
    options.add_argument("--tweets", type=int, help="backlog of the bundle, each round [4096, quick 1024]")
    options.add_argument("--rounds", type=int, help="turns of worker and engine [5, quick 2]")
    options.add_argument("--backlog", type=int, help="backlog of the dummy model [100000, quick 8000]")
    given = options.parse_args()
    tweets = given.tweets or (1_024 if given.quick else 4_096)
    rounds = given.rounds or (2 if given.quick else 5)
    backlog = given.backlog or (8_000 if given.quick else 100_000)
    paced_seconds = 3 if given.quick else 20
    model = ModelSettings(bundle=given.bundle, threads=given.threads, precision=given.precision, cache=0)
    sample = resources.files("monitor").joinpath("embedded/sample_tweets.jsonl").read_text(encoding="utf-8")
    with started_bench([json.loads(line)["text"] for line in sample.splitlines() if line.strip()]) as bench:
        dummy = measure_dummy(bench, backlog, paced_seconds)
        bundle = measure_bundle(bench, model, tweets, rounds, paced_seconds)
    ratio = bundle["tweets_per_s"] / dummy["tweets_per_s"]
    growth = dummy["rss_second_half_mb"] / dummy["rss_first_half_mb"]
    share = bundle["engine_cpu_ms"] / bundle["cpu_ms"]
    print(f"{given.bundle} carries {ratio:.3f} of what the dummy model carries")
    print(f"the worker carries {bundle['daemon_to_engine']:.3f} of what its engine carries alone")
    print(f"of the CPU time of the worker's process, {share:.3f} is what the engine alone takes")
    print(f"memory in the second half of a backlog of {backlog}: x{growth:.2f} of the first half's")
    print(
        json.dumps(
            {
                "benchmark": "end_to_end",
                "baseline": "the engine alone; dummy model",
                "tweets": tweets,
                "rounds": rounds,
                "threads": given.threads,
                "backlog": backlog,
                "bundle": bundle,
                "dummy": dummy,
                "daemon_to_engine": bundle["daemon_to_engine"],
                "engine_share_of_cpu": round(share, 3),
                "bundle_to_dummy": round(ratio, 4),
                "memory_growth": round(growth, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
