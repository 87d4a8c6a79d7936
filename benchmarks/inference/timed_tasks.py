"""What is timed in each case: our cascade, transformers' pipelines, and the tokenizer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.inference.benchmark_bundles import BenchmarkBundle
from benchmarks.inference.interleaving import TimedTask
from benchmarks.inference.pipeline_baseline import PipelineCascade, PipelineProcess
from benchmarks.inference.precisions import CasePrecision, PrecisionPipelines
from benchmarks.inference.workload import Workload
from models.scoring import Pipeline, stream

BATCH_SIZES: Final = (1, 64)
"""Batch sizes of the baseline, in the order of arrival."""

_LARGEST_CHUNK: Final = 512


@dataclass(frozen=True)
class CasePlan:
    """How a bundle is timed.

    Attributes:
        cores: one, two or both.
        precisions: of our cascade.
        our_tweets: tweets that our cascade scores in a round.
        pipeline_tweets: tweets that the baseline scores in a round, for each of `BATCH_SIZES`; 0 leaves that
            batch size out.
    """

    cores: tuple[int, ...]
    precisions: tuple[CasePrecision, ...]
    our_tweets: int
    pipeline_tweets: tuple[int, int]


def our_tasks(
    case: str, pipelines: PrecisionPipelines, work: Workload, plan: CasePlan
) -> Iterator[TimedTask]:
    """Yield our cascade in each precision: call by call on one core, as a stream over two lanes on two."""
    for precision in pipelines:
        for cores in plan.cores:
            cascade = OurCascade(pipelines.pipeline(precision, cores), work.texts, cores)
            yield TimedTask(case, f"ours {precision}", cores, plan.our_tweets, cascade.run)


def pipeline_tasks(
    made: BenchmarkBundle, work: Workload, plan: CasePlan, process: PipelineProcess
) -> Iterator[TimedTask]:
    """Yield the baseline: on one core, on two with two threads in each product, and as two processes."""
    cascade = PipelineCascade(made.bundle)
    for batch_size, count in zip(BATCH_SIZES, plan.pipeline_tweets, strict=True):
        if not count:
            continue
        for cores in plan.cores:
            run = _OneProcess(cascade, work, batch_size).run
            yield TimedTask(made.name, f"pipeline {batch_size}", cores, count, run, threads=cores)
        if 2 in plan.cores and count >= 2 * batch_size:  # enough for a full batch in each process
            run = _TwoProcesses(cascade, work, batch_size, made.name, process).run
            yield TimedTask(made.name, f"2 x pipeline {batch_size}", 2, count, run)


@dataclass(frozen=True)
class _OneProcess:
    cascade: PipelineCascade
    work: Workload
    batch_size: int

    def run(self, count: int) -> float:
        self.cascade.score(self.work.part(0, count), self.batch_size)
        return 0.0


@dataclass(frozen=True)
class _TwoProcesses:
    cascade: PipelineCascade
    work: Workload
    batch_size: int
    case: str
    process: PipelineProcess

    def run(self, count: int) -> float:
        return self.process.share(self.cascade, self.case, self.work.part(0, count), self.batch_size)


@dataclass(frozen=True)
class OurCascade:
    """Our cascade on some tweets.

    Attributes:
        scorer: with as many lanes as cores.
        texts: the tweets.
        cores: one: call after call; two: a stream over both.
    """

    scorer: Pipeline
    texts: Sequence[str]
    cores: int

    def run(self, count: int) -> float:
        """Score the first `count` tweets; return 0, since no other process works."""
        if self.cores == 1:
            self.scorer.score(self.texts[:count])
            return 0.0
        for _ in stream(self.scorer, self.texts[:count], chunk=min(_LARGEST_CHUNK, max(1, count // 4))):
            pass
        return 0.0


def tokenizer_tasks(made: BenchmarkBundle, texts: Sequence[str]) -> Iterator[TimedTask]:
    """Yield tokenization on one core, including offsets: all texts at once, and text by text."""
    tokenizer = made.bundle.tweet_tokenizer

    def encode_together(count: int) -> float:
        with _one_tokenizer_thread():
            tokenizer.encode(texts[:count])
        return 0.0

    def encode_one_by_one(count: int) -> float:
        with _one_tokenizer_thread():
            for text in texts[:count]:
                tokenizer.encode([text])
        return 0.0

    for name, run in (("together", encode_together), ("text by text", encode_one_by_one)):
        yield TimedTask("tokenization", name, 1, len(texts), run)


@contextmanager
def _one_tokenizer_thread() -> Iterator[None]:
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TOKENIZERS_PARALLELISM"]
        else:
            os.environ["TOKENIZERS_PARALLELISM"] = before
