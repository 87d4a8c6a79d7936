"""The daemon with the enrichment and without it: `python -m benchmarks.enrich.daemon_case`.

Every round sends the same texts to a worker with `enrich.enabled` and to one without, one after the other, in
an order that changes. The cache of predictions is off. Copies are not looked for, because the sample has few
texts, which come again and again: nearly all would be copies (see `copy_case`).
"""

from __future__ import annotations

import argparse
import json
import statistics
from importlib import resources
from typing import Any, Final

from benchmarks.end_to_end.benchmark_stack import running_worker, started_stack
from benchmarks.end_to_end.timed_worker import Speed, TimedWorker
from monitor.kafka import ensure_topics
from monitor.settings import EnrichSettings, ModelSettings

WARM_UP: Final = 64
CASES: Final = {
    "with": EnrichSettings(duplicates=False),
    "without": EnrichSettings(enabled=False),
}


def measure(bundle: str, tweets: int, rounds: int) -> dict[str, Any]:
    """Return the speed of both workers, and the share of it that is left with the enrichment."""
    sample = resources.files("monitor").joinpath("embedded/sample_tweets.jsonl").read_text(encoding="utf-8")
    texts = [json.loads(line)["text"] for line in sample.splitlines() if line.strip()]
    model = ModelSettings(bundle=bundle, cache=0)
    with started_stack(texts, "en") as stack:
        settings = {name: stack.settings(f"enrich-{name}", model, CASES[name]) for name in CASES}
        for each in settings.values():
            ensure_topics(each.kafka)
        with (
            running_worker(stack, settings["with"], "with") as enriching,
            running_worker(stack, settings["without"], "without") as other,
        ):
            workers = {
                "with": TimedWorker(stack, settings["with"], enriching),
                "without": TimedWorker(stack, settings["without"], other),
            }
            for worker in workers.values():
                worker.process_backlog(WARM_UP)
            speeds: dict[str, list[Speed]] = {name: [] for name in CASES}
            for number in range(rounds):
                for name in sorted(CASES, reverse=bool(number % 2)):
                    speeds[name].append(workers[name].process_backlog(tweets))
    ratios = [
        enriched.tweets_per_s / plain.tweets_per_s
        for enriched, plain in zip(speeds["with"], speeds["without"], strict=True)
    ]
    return {
        "bundle": bundle,
        **{
            f"{name}_tweets_per_s": round(statistics.median(speed.tweets_per_s for speed in speeds[name]), 1)
            for name in CASES
        },
        **{
            f"{name}_cpu_ms": round(statistics.median(speed.cpu_ms for speed in speeds[name]), 3)
            for name in CASES
        },
        "speed_left": round(statistics.median(ratios), 3),
    }


def main() -> None:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers")
    parser.add_argument("--bundle", default="default")
    parser.add_argument("--tweets", type=int, help="in each round [2048; quick 256]")
    parser.add_argument("--rounds", type=int, help="[4; quick 2]")
    options = parser.parse_args()
    tweets = options.tweets or (256 if options.quick else 2_048)
    rounds = options.rounds or (2 if options.quick else 4)
    print(json.dumps(measure(options.bundle, tweets, rounds)))


if __name__ == "__main__":
    main()
