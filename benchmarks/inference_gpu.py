"""One process of the GPU part of `benchmarks/inference.py`: BERT-base on the first GPU.

    python benchmarks/inference_gpu.py TEXTS --classifiers 1 3 5 --budgets 256 … --seconds S

Reads a JSON text from each line of TEXTS. For each number of classifiers and each token budget it prints
"ready", waits for a line on its input, so that several processes start together, and prints a JSON object
with the tweets a second of the engine alone, which is given tokens, and of the whole cascade as a stream.
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

# A script's own folder comes first on the path, where `training.py` would pass for the package `training`.
sys.path[0] = str(Path(__file__).parents[1])

# ruff: noqa: E402
from benchmarks.inference_networks import paper_preset
from benchmarks.inference_work import prepare, required_gflop
from models.bundle import Bundle, Thresholds
from models.encoder.tokenization import TweetTokenizer
from models.runtime import Engine
from models.scoring.pipeline import Pipeline
from models.scoring.streaming import stream

_SIDE: Final = 8_192  # of the matrices that the peak is measured with
_CHUNK: Final = 2_048  # tweets of a call


def gpu_peak_gflops() -> float:
    """Measure how fast the GPU multiplies large bfloat16 matrices."""
    one = torch.randn(_SIDE, _SIDE, dtype=torch.bfloat16, device="cuda")
    for repeats in (3, 30):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(repeats):
            one @ one
        torch.cuda.synchronize()
        spent = time.perf_counter() - started
    return 2 * _SIDE**3 * repeats / spent / 1e9


def tweets_a_second(judge: Callable[[], object], count: int, seconds: float) -> float:
    """Judge the tweets again and again for so many seconds, after once for warming up."""
    judge()
    torch.cuda.synchronize()
    started = time.perf_counter()
    turns = 0
    while turns == 0 or time.perf_counter() - started < seconds:
        judge()
        turns += 1
    torch.cuda.synchronize()
    return turns * count / (time.perf_counter() - started)


def main() -> None:
    """Load each ensemble, wait for the word, time it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("texts", type=Path)
    options.add_argument("--classifiers", type=int, nargs="+", default=[1])
    options.add_argument("--budgets", type=int, nargs="+", default=[8_192])
    options.add_argument("--seconds", type=float, default=5.0)
    given = options.parse_args()
    texts = [json.loads(line) for line in given.texts.read_text(encoding="utf-8").splitlines()]
    peak = gpu_peak_gflops()
    for classifiers in given.classifiers:
        subject = paper_preset("bert-base", classifiers, texts[:64])
        thresholds, work = prepare(subject, texts[:256])
        gflop = required_gflop(subject.bundle, work)
        for budget in given.budgets:
            speeds = _speeds(subject.bundle, thresholds, budget, texts, given.seconds)
            share = round(speeds["engine_tweets_a_second"] * gflop / peak, 3)
            about = {"classifiers": classifiers, "token_budget": budget, "peak_tflops": round(peak / 1e3, 1)}
            print(json.dumps({**about, **speeds, "engine_share_of_peak": share}), flush=True)


def _speeds(
    bundle: Bundle, thresholds: Thresholds, budget: int, texts: list[str], seconds: float
) -> dict[str, int]:
    torch.cuda.reset_peak_memory_stats()
    tokenizer = TweetTokenizer(bundle.tokenizer, bundle.config.max_tokens)
    encodings = tokenizer.encode(texts)
    engine = Engine(
        bundle.network, device=torch.device("cuda"), precision="bf16", token_budget=budget, graphs=True
    )
    scorer = Pipeline(
        engine,
        tokenizer,
        bundle.labels,
        thresholds=thresholds,
        options=bundle.config.options,
        version=bundle.version,
        decision=bundle.config.decision,
    )
    print("ready", flush=True)
    sys.stdin.readline()

    def judge() -> None:
        engine.score(encodings, threshold=thresholds.classifier, decision=bundle.config.decision)

    def cascade() -> None:
        for _ in stream(scorer, texts, chunk=_CHUNK, ahead=3):
            pass

    return {
        "engine_tweets_a_second": round(tweets_a_second(judge, len(texts), seconds)),
        "cascade_tweets_a_second": round(tweets_a_second(cascade, len(texts), seconds)),
        "gpu_peak_mb": round(torch.cuda.max_memory_allocated() / 2**20),
    }


if __name__ == "__main__":
    main()
