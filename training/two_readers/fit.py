"""Fit two readers to each other: all steps in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from models.bundle import Bundle, CodeChoice, SecondReader, Thresholds
from models.runtime import Engine
from models.scoring import BundleEngines, assemble_coder, reader_on
from training.evaluation import CommonThreshold, operating_points, read_examples
from training.examples import Example
from training.two_readers.choices import (
    ChoiceScores,
    best_choice,
    combined_probabilities,
    score_choices,
    score_first_alone,
)
from training.two_readers.kinds_of_text import (
    Kind,
    Progress,
    first_probabilities,
    require_both_classes,
)
from training.two_readers.log_odds_weights import fit_both
from training.two_readers.span_coding import FoundSpans
from training.two_readers.who_reads import FirstScores, WhoReads, choose_who_reads


@contextmanager
def _silent(total: int, unit: str) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


@dataclass(frozen=True)
class ReaderFit:
    """How two readers decide together, and what that gives on the validation texts.

    Attributes:
        section: for `config.json`.
        thresholds: of both together.
        who_reads: the texts that the second reader reads.
        choices: the scores of each choice of spans and codes.
        chosen: the best of them.
        first_alone: the threshold that suits the first reader alone, and what it gives for 1a.
        average_precision: of 1a, the mean over the kinds at the prevalence: of the first reader, and of both.
        texts: number of validation texts of each kind.
        prevalence: share of positives that the texts were weighted to.
    """

    section: SecondReader
    thresholds: Thresholds
    who_reads: WhoReads
    choices: tuple[ChoiceScores, ...]
    chosen: ChoiceScores
    first_alone: CommonThreshold
    average_precision: tuple[float, float]
    texts: dict[str, int]
    prevalence: float | None

    @property
    def metrics(self) -> dict[str, Any]:
        """All figures, for `metrics.json`."""
        first, both = self.average_precision
        return {
            "texts": self.texts,
            "prevalence": self.prevalence,
            **self.who_reads.to_json(),
            "weights": {
                name: round(value, 4)
                for name, value in (
                    ("first", self.section.first),
                    ("second", self.section.second),
                    ("bias", self.section.bias),
                )
            },
            "threshold": self.thresholds.classifier,
            "average_precision": {"first": round(first, 4), "both": round(both, 4)},
            "first_alone": self.first_alone.to_json(),
            "both": self.chosen.common.to_json(),
            "chosen": {"spans": self.chosen.spans, "codes": self.chosen.codes},
            "choices": [choice.to_json() for choice in self.choices],
        }


def fit_two_readers(
    first: Bundle,
    second: Bundle,
    validation: Sequence[tuple[str, Sequence[Example]]],
    *,
    prevalence: float | None = None,
    tolerance: float = 0.0,
    share: float = 0.15,
    keep: float | None = None,
    stream: Sequence[Example] = (),
    device: torch.device | None = None,
    progress: Progress = _silent,
) -> ReaderFit:
    """Fit two readers to each other on validation texts.

    Args:
        first: reads every text.
        second: reads those that the first finds likeliest.
        validation: texts of one kind or several, each with its name; not trained on, of both classes. All
            kinds count as much as each other.
        prevalence: share of positives in the stream; None is the share in the texts of each kind.
        tolerance: of the threshold, see `choose_common_threshold`.
        share: of a stream that the second reader reads.
        keep: the share of the positives that it reads at least; None goes by `share`.
        stream: unlabelled texts of the stream, which `share` is then measured on.
        device: where the networks run; the CPU by default.
        progress: shows how far the reading is.

    Raises:
        RunError: the texts do not allow it, or the second reader is of no use; the message says why.
        ModelError: a quantized bundle cannot run on the device.
    """
    require_both_classes(validation)
    engines = _engines(first, second, device)
    kinds = _read_by_first(first, engines, validation, progress)
    unlabelled = _stream_probabilities(first, engines, stream, progress)
    who_reads = choose_who_reads(
        [
            FirstScores(
                kind.name,
                first_probabilities(kind.first),
                np.array(kind.labels, dtype=np.float64),
                kind.weights(prevalence),
            )
            for kind in kinds
        ],
        share=share,
        keep=keep,
        stream=unlabelled,
    )
    kinds = _read_by_second(second, engines, kinds, who_reads.reads_from, progress)
    section = fit_both(kinds, version=second.version, reads_from=who_reads.reads_from, prevalence=prevalence)
    choices = _score_choices(first, second, engines, kinds, section, prevalence, tolerance)
    chosen = best_choice(choices)
    section = section.model_copy(update={"spans": chosen.spans, "codes": chosen.codes})
    return ReaderFit(
        section=section,
        thresholds=Thresholds(
            classifier=chosen.common.threshold, normalizer=first.config.thresholds.normalizer
        ),
        who_reads=who_reads,
        choices=tuple(choices),
        chosen=chosen,
        first_alone=score_first_alone(kinds, feedback=first.config.options.feedback, prevalence=prevalence),
        average_precision=_average_precision(kinds, section, prevalence),
        texts={kind.name: len(kind.examples) for kind in kinds},
        prevalence=prevalence,
    )


def _engines(first: Bundle, second: Bundle, device: torch.device | None) -> BundleEngines:
    engine = Engine(first.weights, device=device, body=first.body)
    return BundleEngines(engine, Engine(second.weights, device=device, body=second.body, threads_of=engine))


def _read_by_first(
    first: Bundle,
    engines: BundleEngines,
    validation: Sequence[tuple[str, Sequence[Example]]],
    progress: Progress,
) -> list[Kind]:
    reader = reader_on(first, engines.first)
    with progress(sum(len(examples) for _, examples in validation), "texts of the first reader") as advance:
        return [
            Kind(name, examples, read_examples(reader, examples, advance=advance), {})
            for name, examples in validation
        ]


def _stream_probabilities(
    first: Bundle, engines: BundleEngines, stream: Sequence[Example], progress: Progress
) -> Any:
    if not stream:
        return None
    with progress(len(stream), "texts of the stream") as advance:
        return first_probabilities(read_examples(reader_on(first, engines.first), stream, advance=advance))


def _read_by_second(
    second: Bundle, engines: BundleEngines, kinds: Sequence[Kind], reads_from: float, progress: Progress
) -> list[Kind]:
    reader = reader_on(second, engines.second or engines.first)
    rows = [
        [row for row, reading in enumerate(kind.first) if reading.probability >= reads_from] for kind in kinds
    ]
    with progress(sum(map(len, rows)), "texts of the second reader") as advance:
        readings = [
            read_examples(reader, [kind.examples[row] for row in chosen], advance=advance)
            for kind, chosen in zip(kinds, rows, strict=True)
        ]
    return [
        Kind(kind.name, kind.examples, kind.first, dict(zip(chosen, texts_read, strict=True)))
        for kind, chosen, texts_read in zip(kinds, rows, readings, strict=True)
    ]


def _score_choices(
    first: Bundle,
    second: Bundle,
    engines: BundleEngines,
    kinds: Sequence[Kind],
    section: SecondReader,
    prevalence: float | None,
    tolerance: float,
) -> list[ChoiceScores]:
    all_spans = FoundSpans.of(kinds)
    threshold = first.config.effective_thresholds.normalizer
    can_code = len(second.labels) or second.dictionary is not None
    ways: list[CodeChoice] = ["first", "mean"] if can_code and len(first.labels) else ["first"]
    codings = {
        way: all_spans.code(assemble_coder(_joined(first, second, section, way), engines), threshold)
        for way in ways
    }
    return score_choices(
        kinds, section, codings, first.config.options, prevalence=prevalence, tolerance=tolerance
    )


def _joined(first: Bundle, second: Bundle, section: SecondReader, codes: CodeChoice) -> Bundle:
    return first.with_second(second, section.model_copy(update={"codes": codes}))


def _average_precision(
    kinds: Sequence[Kind], section: SecondReader, prevalence: float | None
) -> tuple[float, float]:
    """Return the mean average precision of 1a over the kinds, of the first reader and of both."""
    figures = [
        (
            operating_points(
                [reading.probability for reading in kind.first], kind.labels, prevalence=prevalence
            ).average_precision,
            operating_points(
                combined_probabilities(kind, section), kind.labels, prevalence=prevalence
            ).average_precision,
        )
        for kind in kinds
    ]
    first, both = np.mean(figures, axis=0).tolist()
    return first, both
