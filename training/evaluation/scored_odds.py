"""The log-odds of a bundle on annotated texts before calibration: what calibrations are fitted to.

A bundle with two readers has the log-odds that both have together, and those of the first alone where the
second does not read; the weights in its config count as calibrated already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from models.bundle import Bundle
from models.normalizer import SpanInText
from models.scoring import (
    NEVER,
    BundleEngines,
    Combination,
    Reading,
    assemble_coder,
    assemble_reader,
    decode_spans,
    log_odds_of,
    make_engines,
)
from training.errors import RunError
from training.evaluation.calibration import Calibrator, Numbers, prevalence_weights
from training.evaluation.common_threshold import ScoredTexts
from training.evaluation.example_scores import read_examples
from training.examples import Example


@dataclass(frozen=True)
class ScoredOdds:
    """Annotated texts of one kind, as a bundle scored them.

    Attributes:
        name: of the kind.
        odds: `[texts]`, log-odds of ADE before calibration.
        labels: 1 or 0 for each text.
        reachable: whether a text can be ADE at all, whatever its log-odds.
    """

    name: str
    odds: Numbers
    labels: Sequence[int]
    reachable: Sequence[bool]

    def weights(self, prevalence: float | None) -> Numbers:
        """Return how much each text counts, `[texts]`, so that positives have the share `prevalence`."""
        return prevalence_weights(self.labels, prevalence)

    def calibrated(self, calibrator: Calibrator) -> ScoredTexts:
        """Return the texts with calibrated probabilities."""
        return ScoredTexts(self.name, calibrator.probabilities(self.odds), self.labels, self.reachable)

    def select(self, rows: Sequence[int]) -> ScoredOdds:
        """Return some of the texts."""
        chosen = np.asarray(rows, dtype=np.int64)
        return ScoredOdds(
            self.name,
            self.odds[chosen],
            [self.labels[row] for row in chosen],
            [self.reachable[row] for row in chosen],
        )


def present_calibrator(bundle: Bundle) -> Calibrator:
    """Return the calibration that a bundle has now."""
    if bundle.config.second_reader is not None:
        return Calibrator(temperature=1.0, bias=0.0)
    return Calibrator(bundle.config.decision.temperature, bundle.config.decision.bias)


def score_odds(
    bundle: Bundle,
    kinds: Sequence[tuple[str, Sequence[Example]]],
    device: torch.device,
    advance: Callable[[int], None] = lambda texts: None,
) -> list[ScoredOdds]:
    """Score texts of several kinds with a bundle.

    Args:
        bundle: with one reader or two.
        kinds: name and texts of each kind.
        device: where the networks run.
        advance: called with the number of further texts that were scored.

    Raises:
        RunError: no text can be ADE, because no span is found in any.
    """
    engines = make_engines(bundle, device=device, early_exit=False)
    reader = assemble_reader(bundle, engines)
    # Spans are only needed if they decide.
    threshold = 0.0 if bundle.config.options.feedback else NEVER
    scored = []
    for name, examples in kinds:
        readings = read_examples(reader, examples, threshold=threshold, advance=advance)
        odds = [_log_odds(bundle, reading) for reading in readings]
        scored.append(
            ScoredOdds(
                name,
                np.array(odds, dtype=np.float64),
                [example.label for example in examples],
                _reachable(bundle, engines, examples, readings),
            )
        )
    if not any(any(kind.reachable) for kind in scored):
        raise RunError(
            "the Extractor finds no span in any text, so all of them are NoADE: train the bundle longer"
        )
    return scored


def _log_odds(bundle: Bundle, reading: Reading) -> float:
    section = bundle.config.second_reader
    if section is None or reading.first is None:
        decision = bundle.config.decision
        return (log_odds_of(reading.probability) - decision.bias) * decision.temperature
    combination = Combination(section)
    if reading.second is None:
        return combination.log_odds_alone(reading.first)
    return combination.log_odds(reading.first, reading.second)


def _reachable(
    bundle: Bundle, engines: BundleEngines, examples: Sequence[Example], readings: Sequence[Reading]
) -> list[bool]:
    """Return whether each text can be ADE: the second reader read it, and there is a span that counts."""
    options, is_read = bundle.config.options, [True] * len(examples)
    if bundle.config.second_reader is not None:
        is_read = [reading.second is not None for reading in readings]
    if not options.feedback:
        return is_read
    spans = [
        [
            SpanInText(example.text[span.start : span.end], example.text)
            for span in decode_spans(example.text, reading.words or ())
        ]
        for example, reading in zip(examples, readings, strict=True)
    ]
    if options.drop_uncoded:
        coded = _coded(bundle, engines, [span for each in spans for span in each])
        spans = [[span for span in each if span in coded] for each in spans]
    return [read and bool(each) for read, each in zip(is_read, spans, strict=True)]


def _coded(bundle: Bundle, engines: BundleEngines, spans: Sequence[SpanInText]) -> set[SpanInText]:
    """Return the spans that get a code."""
    distinct = list(dict.fromkeys(spans))
    threshold = bundle.config.effective_thresholds.normalizer
    ranked = assemble_coder(bundle, engines).rank(distinct)
    return {
        span
        for span, candidates in zip(distinct, ranked, strict=True)
        if candidates and candidates[0].score >= threshold
    }
