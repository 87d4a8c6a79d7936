"""The readers of all sources: posts a second on one core, compared with `json.loads`."""

from __future__ import annotations

import gc
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from benchmarks.inference.interleaving import TimedTask, Timing, run_rounds
from benchmarks.ingest.platform_posts import CONTRACT, count_posts, post_values
from monitor.ingest import read_message

BASELINE: Final = "json.loads"
READER: Final = "read_message"
TARGETS: Final = {CONTRACT: 50_000}
TARGET: Final = 20_000
"""Posts a second of all other sources."""


def measure_sources(
    *, posts: int, rounds: int, seconds: float, show: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Time the reader of each source and the baseline alternately.

    Args:
        posts: number of posts that each task reads in a round.
        rounds: the most rounds.
        seconds: a round that would end later is not started.
        show: called with what runs.
    """
    values = post_values()
    tasks = []
    for source, messages in values.items():
        for name, read in ((READER, read_message), (BASELINE, json.loads)):
            tasks.append(TimedTask(source, name, 1, posts, _reading(messages, read)))
    # The modules of other benchmarks would make the garbage collector slow; `feed` does not have them.
    gc.collect()
    gc.freeze()
    timings = run_rounds(tasks, rounds=rounds, seconds=seconds, show=show)
    return [_row(source, messages, timings) for source, messages in values.items()]


def _reading(messages: Sequence[bytes], read: Callable[[bytes], object]) -> Callable[[int], float]:
    counted = [(message, count_posts(message)) for message in messages]

    def run(count: int) -> float:
        left = count
        for message, posts in itertools.cycle(counted):
            read(message)
            left -= posts
            if left <= 0:
                return 0.0
        return 0.0

    return run


def _row(source: str, messages: Sequence[bytes], timings: dict[str, Timing]) -> dict[str, Any]:
    reader = timings[f"{source} / {READER} / 1"]
    baseline = timings[f"{source} / {BASELINE} / 1"]
    posts = sum(map(count_posts, messages))
    target = TARGETS.get(source, TARGET)
    return {
        "source": source,
        "bytes_a_post": round(sum(map(len, messages)) / posts),
        "posts_a_second": round(reader.rate),
        "posts_a_cpu_second": round(reader.cpu_rate),
        "json_loads_a_second": round(baseline.rate),
        "time_to_json_loads": round(1 / reader.speedup_over(baseline), 2),
        "target": target,
        "reached": max(reader.rate, reader.cpu_rate) >= target,
    }
