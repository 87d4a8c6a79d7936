"""The engine's memory over a long backlog, in a process of its own; its last line is a JSON object.

    python benchmarks/inference_memory.py TEXTS --repeat N [--bundle default] [--threads 2] [--precision auto]

Reads a JSON text from each line of the file TEXTS, over and over, and streams them through the pipeline.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# A script's own folder comes first on the path, where `training.py` would pass for the package `training`.
sys.path[0] = str(Path(__file__).parents[1])

# ruff: noqa: E402
from benchmarks.process_memory import memory_mb
from models.scoring.catalog import bundle_folder
from models.scoring.pipeline import Pipeline
from models.scoring.streaming import stream


def texts_of(path: Path, repeat: int) -> Iterator[str]:
    """Read the texts again and again, none kept."""
    for _ in range(repeat):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def main() -> None:
    """Load, work off the texts, say what it took."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("texts", type=Path)
    options.add_argument("--repeat", type=int, default=1)
    options.add_argument("--bundle", default="default")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--precision", default="auto")
    given = options.parse_args()
    scorer = Pipeline.from_bundle(
        bundle_folder(given.bundle), device="cpu", threads=given.threads, precision=given.precision
    )
    loaded, total = memory_mb("VmRSS"), given.repeat * sum(1 for _ in given.texts.open(encoding="utf-8"))
    started, marks = time.perf_counter(), []
    for number, _ in enumerate(stream(scorer, texts_of(given.texts, given.repeat)), start=1):
        if number % max(1, total // 5) == 0:
            marks.append(round(memory_mb("VmRSS"), 1))
    figures = {
        "tweets": total,
        "loaded_mb": round(loaded, 1),
        "peak_mb": round(memory_mb("VmHWM"), 1),
        "after_each_fifth_mb": marks,
        "grown_mb": round(marks[-1] - marks[0], 1),
        "tweets_a_second": round(total / (time.perf_counter() - started), 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
