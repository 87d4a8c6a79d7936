"""The command `python -m benchmarks.end_to_end`."""

from __future__ import annotations

import os

from monitor.cli import OPENMP_SETTINGS

for name, value in OPENMP_SETTINGS.items():  # the worker's settings; PyTorch reads them when it is loaded
    os.environ.setdefault(name, value)

# ruff: noqa: E402
import argparse
import json
import statistics
import time
from importlib import resources
from typing import Any, Final

import benchmarks.end_to_end
from benchmarks.end_to_end.benchmark_stack import BenchmarkStack, running_worker, started_stack
from benchmarks.end_to_end.timed_worker import Speed, TimedWorker
from models import load_scorer, stream
from monitor.kafka import ensure_topics
from monitor.settings import ModelSettings

WARM_UP: Final = 64  # tweets before the first round


def measure_dummy(stack: BenchmarkStack, backlog: int, paced_seconds: float) -> dict[str, Any]:
    """Process a long backlog with a model whose predictions cost nothing."""
    settings = stack.settings("dummy", ModelSettings(bundle="dummy"))
    ensure_topics(settings.kafka)
    stack.send(settings, 0, backlog)
    with running_worker(stack, settings, "dummy") as worker:
        timed = TimedWorker(stack, settings, worker)
        speed = timed.process_waiting_backlog(backlog)
        running = timed.process_backlog(backlog // 4)  # without the CPU time of the start
        middle = len(timed.memory) // 2
        first_half, second_half = timed.memory[: middle + 1], timed.memory[middle:]
        figures = {
            "tweets_per_s": round(speed.tweets_per_s, 1),
            "cpu_ms": round(running.cpu_ms, 3),
            "rss_first_half_mb": round(max(first_half), 1),
            "rss_second_half_mb": round(max(second_half), 1),
            **timed.process_paced(speed.tweets_per_s, paced_seconds),
            "peak_mb": timed.peak_mb(),
        }
    print(f"   dummy: {figures}")
    return figures


def measure_bundle(
    stack: BenchmarkStack, model: ModelSettings, tweets: int, rounds: int, paced_seconds: float
) -> dict[str, Any]:
    """Score the same texts alternately with the worker and with the engine alone."""
    settings = stack.settings("bundle", model)
    ensure_topics(settings.kafka)

    def run_engine(texts: list[str]) -> Speed:
        started, cpu = time.perf_counter(), time.process_time()
        for _ in stream(scorer, texts, ahead=model.threads + 1):
            pass
        cpu_ms = (time.process_time() - cpu) / len(texts) * 1000
        return Speed(len(texts) / (time.perf_counter() - started), cpu_ms)

    with running_worker(stack, settings, "bundle") as worker:
        scorer = load_scorer(model.bundle, model.serving)
        timed = TimedWorker(stack, settings, worker)
        timed.process_backlog(WARM_UP)
        run_engine(stack.some_texts(0, WARM_UP))
        pairs: list[tuple[Speed, Speed]] = []
        for number in range(rounds):
            texts = stack.some_texts(WARM_UP + number * tweets, tweets)
            if number % 2:
                engine = run_engine(texts)
                pairs.append((timed.process_backlog(tweets), engine))
            else:
                daemon = timed.process_backlog(tweets)
                pairs.append((daemon, run_engine(texts)))
        rate = statistics.median(daemon.tweets_per_s for daemon, _ in pairs)
        figures = {
            "tweets_per_s": round(rate, 1),
            "engine_tweets_per_s": round(statistics.median(engine.tweets_per_s for _, engine in pairs), 1),
            "daemon_to_engine": round(
                statistics.median(daemon.tweets_per_s / engine.tweets_per_s for daemon, engine in pairs), 3
            ),
            "cpu_ms": round(statistics.median(daemon.cpu_ms for daemon, _ in pairs), 2),
            "engine_cpu_ms": round(statistics.median(engine.cpu_ms for _, engine in pairs), 2),
            **timed.process_paced(rate, paced_seconds),
            "peak_mb": timed.peak_mb(),
        }
    print(f"  bundle: {figures}")
    return figures


def main() -> None:
    """Read the options, measure both models, and print the ratios."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.end_to_end",
        description=benchmarks.end_to_end.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    parser.add_argument("--bundle", default="default")
    parser.add_argument("--threads", type=int, default=1, help="setting model.threads [1]")
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16"], default="auto")
    parser.add_argument("--tweets", type=int, help="backlog of the bundle in each round [4096; quick 1024]")
    parser.add_argument("--rounds", type=int, help="of worker and engine [5; quick 2]")
    parser.add_argument("--backlog", type=int, help="backlog of the dummy model [100000; quick 8000]")
    parser.add_argument("--lang", help="language of the tweets; by default none, so that it is detected")
    options = parser.parse_args()
    tweets = options.tweets or (1_024 if options.quick else 4_096)
    rounds = options.rounds or (2 if options.quick else 5)
    backlog = options.backlog or (8_000 if options.quick else 100_000)
    paced_seconds = 3 if options.quick else 20
    model = ModelSettings(
        bundle=options.bundle, threads=options.threads, precision=options.precision, cache=0
    )
    sample = resources.files("monitor").joinpath("embedded/sample_tweets.jsonl").read_text(encoding="utf-8")
    texts = [json.loads(line)["text"] for line in sample.splitlines() if line.strip()]
    with started_stack(texts, options.lang) as stack:
        dummy = measure_dummy(stack, backlog, paced_seconds)
        bundle = measure_bundle(stack, model, tweets, rounds, paced_seconds)
    ratio = bundle["tweets_per_s"] / dummy["tweets_per_s"]
    growth = dummy["rss_second_half_mb"] / dummy["rss_first_half_mb"]
    share = bundle["engine_cpu_ms"] / bundle["cpu_ms"]
    print(f"with {options.bundle}, the worker reaches {ratio:.3f} of its speed with the dummy model")
    print(f"the worker reaches {bundle['daemon_to_engine']:.3f} of the speed of its engine alone")
    print(f"the engine alone takes {share:.3f} of the CPU time of the worker's process")
    print(f"memory in the second half of a backlog of {backlog}: x{growth:.2f} of the first half's")
    print(
        json.dumps(
            {
                "benchmark": "end_to_end",
                "baseline": "the engine alone; dummy model",
                "tweets": tweets,
                "rounds": rounds,
                "threads": options.threads,
                "lang": options.lang,
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
