"""A second process for the baseline, which works off half of the tweets, as one would run two workers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

import torch

from benchmarks.inference_naive import NaiveCascade
from benchmarks.inference_networks import Shape, default_bundle, paper_preset
from benchmarks.inference_work import Work


class SecondProcess:
    """Started at once, in the background; ends with the block."""

    def __enter__(self) -> Self:
        context = get_context("spawn")
        self._end, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def share(self, naive: NaiveCascade, subject: str, work: Work, batch: int) -> float:
        """Judge the second half there and the first half here, at the same time.

        Returns:
            The processor seconds that were spent there.
        """
        middle = len(work.texts) // 2
        self._end.send((subject, work.part(middle, len(work.texts)), batch))
        naive.score(work.part(0, middle), batch)
        seconds: float = self._end.recv()
        return seconds


def _serve(end: Connection) -> None:
    """Work off what comes; the networks have the same shapes and weights, and no fitted heads."""
    torch.set_num_threads(1)
    made: dict[str, NaiveCascade] = {}
    while True:
        subject, work, batch = end.recv()
        if subject not in made:
            made[subject] = _naive(subject)
        started = time.process_time()
        made[subject].score(work, batch)
        end.send(time.process_time() - started)


def _naive(subject: str) -> NaiveCascade:
    if subject == "default":
        return NaiveCascade(default_bundle().bundle)
    shape, _, classifiers = subject.rpartition("-")
    shapes: Sequence[Shape] = ("minilm", "bert-base")
    [own] = [one for one in shapes if one == shape]
    return NaiveCascade(paper_preset(own, int(classifiers), ()).bundle)
