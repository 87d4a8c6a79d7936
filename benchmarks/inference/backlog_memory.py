"""The memory of a process that scores a long backlog; its last line is a JSON object.

    python -m benchmarks.inference.backlog_memory TEXTS --repeat N [--bundle default] [--threads 2]
                                                        [--precision auto]

TEXTS has a JSON string on each line. They are streamed through the pipeline again and again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measured_process import memory_mb
from models.scoring import Pipeline, bundle_folder, stream


def repeat_texts(path: Path, repeat: int) -> Iterator[str]:
    """Yield the texts again and again, without keeping them."""
    for _ in range(repeat):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def main() -> None:
    """Load the bundle, score the texts, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--bundle", default="default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    scorer = Pipeline.from_bundle(
        bundle_folder(options.bundle), device="cpu", threads=options.threads, precision=options.precision
    )
    loaded = memory_mb("VmRSS")
    total = options.repeat * sum(1 for _ in options.texts.open(encoding="utf-8"))
    started, marks = time.perf_counter(), []
    texts = repeat_texts(options.texts, options.repeat)
    for number, _ in enumerate(stream(scorer, texts), start=1):
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
