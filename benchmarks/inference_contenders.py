"""Who runs in `benchmarks/inference.py`: our cascade, transformers' pipelines, and tokenizers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.inference_naive import NaiveCascade
from benchmarks.inference_networks import Subject
from benchmarks.inference_rounds import Contender
from benchmarks.inference_second import SecondProcess
from benchmarks.inference_variants import Variant, Variants
from benchmarks.inference_work import Work
from models.encoder.tokenization import TweetTokenizer
from models.scoring.pipeline import Pipeline
from models.scoring.streaming import stream

BATCHES: Final = (1, 64)  # of the baseline, in the order of arrival
_MOST_CHUNK: Final = 512


@dataclass(frozen=True)
class Plan:
    """How a bundle is timed.

    Attributes:
        cores: one, two or both.
        variants: of ours.
        ours: tweets that ours judges in a turn.
        naive: tweets that the baseline judges in a turn, for each of `BATCHES`; 0 leaves that out.
    """

    cores: tuple[int, ...]
    variants: tuple[Variant, ...]
    ours: int
    naive: tuple[int, int]


def our_contenders(case: str, variants: Variants, work: Work, plan: Plan) -> Iterator[Contender]:
    """Time our cascade: on one core call by call, on two with two lanes and two calls under way."""
    for variant in variants:
        for cores in plan.cores:
            cascade = _Cascade(variants.pipeline(variant, cores), work.texts, cores)
            yield Contender(case, f"ours {variant}", cores, plan.ours, cascade.run)


def naive_contenders(subject: Subject, work: Work, plan: Plan, second: SecondProcess) -> Iterator[Contender]:
    """Time the baseline: on one core, on two with two threads in each product, and as two processes."""
    naive = NaiveCascade(subject.bundle)
    for batch, count in zip(BATCHES, plan.naive, strict=True):
        if not count:
            continue
        for cores in plan.cores:
            alone = _Pipelines(naive, work, batch).run
            yield Contender(subject.name, f"pipeline {batch}", cores, count, alone, threads=cores)
        if 2 in plan.cores and count >= 2 * batch:  # each has a whole batch
            halved = _TwoProcesses(naive, work, batch, subject.name, second).run
            yield Contender(subject.name, f"2 x pipeline {batch}", 2, count, halved)


@dataclass(frozen=True)
class _Pipelines:
    naive: NaiveCascade
    work: Work
    batch: int

    def run(self, count: int) -> float:
        self.naive.score(self.work.part(0, count), self.batch)
        return 0.0


@dataclass(frozen=True)
class _TwoProcesses:
    naive: NaiveCascade
    work: Work
    batch: int
    subject: str
    second: SecondProcess

    def run(self, count: int) -> float:
        return self.second.share(self.naive, self.subject, self.work.part(0, count), self.batch)


def tokenizers(subject: Subject, texts: Sequence[str]) -> Iterator[Contender]:
    """Time tokenization on one core, offsets included: all texts at once, and text by text."""
    own = TweetTokenizer(subject.bundle.tokenizer, subject.bundle.config.max_tokens)

    def together(count: int) -> float:
        with _one_thread_of_rust():
            own.encode(texts[:count])
        return 0.0

    def singly(count: int) -> float:
        with _one_thread_of_rust():
            for text in texts[:count]:
                own.encode([text])
        return 0.0

    for name, run in (("together", together), ("text by text", singly)):
        yield Contender("tokenization", name, 1, len(texts), run)


@dataclass(frozen=True)
class _Cascade:
    scorer: Pipeline
    texts: Sequence[str]
    cores: int

    def run(self, count: int) -> float:
        """Judge the first texts: as a stream where there is a core to spare."""
        if self.cores == 1:
            self.scorer.score(self.texts[:count])
            return 0.0
        for _ in stream(self.scorer, self.texts[:count], chunk=min(_MOST_CHUNK, max(1, count // 4))):
            pass
        return 0.0


@contextmanager
def _one_thread_of_rust() -> Iterator[None]:
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TOKENIZERS_PARALLELISM"]
        else:
            os.environ["TOKENIZERS_PARALLELISM"] = before
