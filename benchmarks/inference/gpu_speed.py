"""One process of the GPU case: BERT-base on the first GPU.

    python -m benchmarks.inference.gpu_speed TEXTS --classifiers 1 3 5 --budgets 256 … --seconds S

TEXTS has a JSON string on each line. For each number of classifiers and each token budget, the process prints
"ready" and waits for a line of input, so that several processes start together. Then it prints a JSON object
with the tweets per second of the engine, which gets tokens, and of the whole cascade as a stream.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch

from benchmarks.inference.benchmark_bundles import make_bundle
from benchmarks.inference.workload import Arithmetic, prepare_workload
from models.bundle import Bundle, Thresholds
from models.normalizer import ClassifierNormalizer, SpanReader
from models.runtime import Engine
from models.scoring import Pipeline, Reader, stream

_SIDE: Final = 8_192  # of the matrices that the peak is measured with
_CHUNK: Final = 2_048  # tweets of a call


def main() -> None:
    """Make each ensemble, wait for the start signal, and time it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--classifiers", type=int, nargs="+", default=[1])
    parser.add_argument("--budgets", type=int, nargs="+", default=[8_192])
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    texts = [json.loads(line) for line in options.texts.read_text(encoding="utf-8").splitlines()]
    peak = gpu_peak_gflops()
    for classifiers in options.classifiers:
        made = make_bundle(f"bert-base-{classifiers}", texts[:64])
        thresholds, work = prepare_workload(made, texts[:256])
        gflop = Arithmetic.of(made.bundle, work).required
        for budget in options.budgets:
            speeds = _speeds(made.bundle, thresholds, budget, texts, options.seconds)
            share = round(speeds["engine_tweets_a_second"] * gflop / peak, 3)
            case = {"classifiers": classifiers, "token_budget": budget, "peak_tflops": round(peak / 1e3, 1)}
            print(json.dumps({**case, **speeds, "engine_share_of_peak": share}), flush=True)


def gpu_peak_gflops() -> float:
    """Measure how fast the GPU multiplies large bfloat16 matrices."""
    matrix = torch.randn(_SIDE, _SIDE, dtype=torch.bfloat16, device="cuda")
    for repeats in (3, 30):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(repeats):
            matrix @ matrix
        torch.cuda.synchronize()
        seconds = time.perf_counter() - started
    return 2 * _SIDE**3 * repeats / seconds / 1e9


def tweets_per_second(score: Callable[[], object], count: int, seconds: float) -> float:
    """Score the tweets again and again for some seconds, after a first time to warm up."""
    score()
    torch.cuda.synchronize()
    started = time.perf_counter()
    repeats = 0
    while repeats == 0 or time.perf_counter() - started < seconds:
        score()
        repeats += 1
    torch.cuda.synchronize()
    return repeats * count / (time.perf_counter() - started)


def _speeds(
    bundle: Bundle, thresholds: Thresholds, budget: int, texts: list[str], seconds: float
) -> dict[str, int]:
    torch.cuda.reset_peak_memory_stats()
    tokenizer = bundle.tweet_tokenizer
    encodings = tokenizer.encode(texts)
    engine = Engine(
        bundle.network, device=torch.device("cuda"), precision="bf16", token_budget=budget, graphs=True
    )
    scorer = Pipeline(
        Reader(engine, tokenizer, bundle.config.decision),
        ClassifierNormalizer(SpanReader(engine, tokenizer), bundle.labels.classes),
        thresholds=thresholds,
        options=bundle.config.options,
        version=bundle.version,
    )
    print("ready", flush=True)
    sys.stdin.readline()

    def run_engine() -> None:
        engine.score(encodings, threshold=thresholds.classifier, decision=bundle.config.decision)

    def run_cascade() -> None:
        for _ in stream(scorer, texts, chunk=_CHUNK, ahead=3):
            pass

    return {
        "engine_tweets_a_second": round(tweets_per_second(run_engine, len(texts), seconds)),
        "cascade_tweets_a_second": round(tweets_per_second(run_cascade, len(texts), seconds)),
        "gpu_peak_mb": round(torch.cuda.max_memory_allocated() / 2**20),
    }


if __name__ == "__main__":
    main()
