"""Find an early exit for a bundle: train a head after each layer, and choose the one that saves most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

import numpy as np

from models.bundle import Bundle, EarlyExit
from models.network import ExitHead, highest_exit
from training.errors import RunError
from training.examples import Example
from training.exits.exit_states import (
    Advance,
    ClimbingStates,
    HeadOutputs,
    head_outputs,
    packed_inputs,
    serving_precision,
)
from training.exits.head_training import EPOCHS, train_head
from training.exits.layer_costs import LayerCosts, measure_costs
from training.exits.share_interval import least_share, most_lost, positives_needed

KEPT: Final = 0.995
"""Share of the network's positives that must go on."""

PREVALENCE: Final = 0.07
"""Share of positives in a stream, for which the speed is expected."""

MOST_TEXTS: Final = 40_000
"""Texts that heads are trained on; their states are kept in memory."""

_WORTHWHILE: Final = 1.03  # times as fast; less is not worth another file
_MARGIN: Final = 0.02  # log-odds: the precision of products moves a text by less
_HELD_OUT: Final = 0.25  # of the texts, if there are none for validation


@dataclass(frozen=True)
class ExitCandidate:
    """An exit after one layer.

    Attributes:
        head: with its threshold.
        positives: validation texts that the whole network finds positive.
        kept: how many of them go on.
        least_share: lower end of the interval of `kept / positives`.
        leaving: share of the other validation texts that leave.
        speedup: how many times as fast the network is expected to be.
    """

    head: ExitHead
    positives: int
    kept: int
    least_share: float
    leaving: float
    speedup: float

    @property
    def section(self) -> EarlyExit:
        """The section for `config.json`."""
        return EarlyExit(
            layer=self.head.below,
            leaves_below=self.head.leaves_below,
            shown_for=self.head.shown_for,
            positives=self.positives,
            kept=self.kept,
            least_share=self.least_share,
            leaving=self.leaving,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures, ready for JSON."""
        return {
            "layer": self.head.below,
            "leaves_below": round(self.head.leaves_below, 4),
            "positives": self.positives,
            "kept": self.kept,
            "least_share": round(self.least_share, 5),
            "leaving": round(self.leaving, 4),
            "expected_speedup": round(self.speedup, 3),
        }


@dataclass(frozen=True)
class ExitSearch:
    """The result of a search.

    Attributes:
        candidates: for each layer that was tried, from the lowest; none if there are too few positives.
        chosen: None if no exit can be shown to keep enough positives, or none saves anything.
        positives: validation texts that the whole network finds positive.
        needed: how many of them are needed at least.
        texts: number of texts that the heads were trained on.
        prevalence: share of positives that the speed is expected for.
    """

    candidates: tuple[ExitCandidate, ...]
    chosen: ExitCandidate | None
    positives: int
    needed: int
    texts: int
    prevalence: float

    @property
    def problem(self) -> str:
        """Why there is no exit; empty if there is one."""
        if self.chosen is not None:
            return ""
        if not self.candidates:
            return (
                f"the network finds {self.positives:,} of the validation texts positive, but {self.needed:,} "
                "or more are needed to show that enough of them go on: give more texts with --valid"
            )
        return (
            "no exit saves time: too few texts leave below the last layers; train the heads on more texts "
            "like those to come"
        )


def divide_texts(texts: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Divide texts into those that train heads and those that validate them; a text is in one of both."""
    distinct = list({(example.text, example.context): example for example in texts}.values())
    Random(f"early exit {seed}").shuffle(distinct)  # noqa: S311 - reproducible, not secret
    held_out = round(_HELD_OUT * len(distinct))
    return distinct[held_out:], distinct[:held_out]


def find_exit(
    bundle: Bundle,
    texts: Sequence[Example],
    valid: Sequence[Example],
    *,
    layers: Sequence[int] | None = None,
    kept: float = KEPT,
    prevalence: float = PREVALENCE,
    seed: int = 1,
    epochs: int = EPOCHS,
    advance: Advance = lambda texts: None,
) -> ExitSearch:
    """Train a head after each layer, and find the threshold that keeps enough of the network's positives.

    A positive is an input that the whole network gives at least the Classifier's threshold; with a second
    reader, at least the probability from which that reads. Annotations are not used. The windows of a long
    text count one by one.

    Args:
        bundle: is not changed.
        texts: to train on, like those to come; at most `MOST_TEXTS` of them are used.
        valid: other texts, which set the thresholds.
        layers: to try; by default all that an exit may follow.
        kept: share of the positives that must go on, shown with a confidence of 95%.
        prevalence: share of positives in the stream.
        seed: of the choice of texts, the dropout and the order.
        epochs: passes over the texts for each head.
        advance: called with the number of texts after each batch, see `search_steps`.

    Raises:
        RunError: the bundle is quantized, there are no texts, or no exit may follow one of the layers.
    """
    tried = _require_layers(bundle, layers)
    if bundle.body is not None:
        raise RunError(
            f"the bundle {bundle.path} is quantized: add the exit to the bundle that it was made from"
        )
    if not texts or not valid:
        raise RunError("there are no texts to train or to validate an exit on: give some thousands")
    shown_for = positive_from(bundle)
    known = {(example.text, example.context) for example in valid}
    usable = [example for example in texts if (example.text, example.context) not in known]
    chosen_texts = Random(f"exit texts {seed}").sample(usable, min(len(usable), MOST_TEXTS))  # noqa: S311
    precision = serving_precision(bundle)
    checked = ClimbingStates(bundle, packed_inputs(bundle, valid), advance, precision=precision)
    positives, needed = int((checked.whole >= shown_for).sum()), positives_needed(kept)
    if most_lost(positives, kept) is None:
        return ExitSearch((), None, positives, needed, 0, prevalence)
    climbing = ClimbingStates(bundle, packed_inputs(bundle, chosen_texts), advance, precision=precision)
    candidates: list[ExitCandidate] = []
    costs: LayerCosts | None = None
    for layer in range(1, max(tried) + 1):
        climbing.climb()
        checked.climb()
        if layer not in tried:
            continue
        head = train_head(bundle, climbing, shown_for, seed=seed, epochs=epochs, advance=advance)
        costs = costs or measure_costs(bundle, head, checked.batches, precision)
        outputs = head_outputs(bundle, head, checked)
        candidates.append(_candidate(head, outputs, kept, prevalence, costs))
    best = max(candidates, key=lambda candidate: candidate.speedup, default=None)
    chosen = best if best is not None and best.speedup >= _WORTHWHILE else None
    return ExitSearch(tuple(candidates), chosen, positives, needed, len(chosen_texts), prevalence)


def search_steps(
    bundle: Bundle, texts: int, valid: int, layers: Sequence[int] | None = None, epochs: int = EPOCHS
) -> int:
    """Return about how many texts `find_exit` reports to `advance` in all."""
    tried = _require_layers(bundle, layers)
    used = min(texts, MOST_TEXTS)
    return (used + valid) * (1 + max(tried)) + used * epochs * len(tried)


def positive_from(bundle: Bundle) -> float:
    """Return the log-odds of the network, before calibration, from which something more happens to a text."""
    threshold = bundle.config.settling_threshold
    log_odds = bundle.config.decision.log_odds_at(threshold)
    if not np.isfinite(log_odds):
        raise RunError(
            f"the threshold of {bundle.path} is {threshold:g}, so all texts are of one class: "
            "calibrate it first"
        )
    return log_odds


def _candidate(
    head: ExitHead, outputs: HeadOutputs, kept: float, prevalence: float, costs: LayerCosts
) -> ExitCandidate:
    is_positive = outputs.whole >= head.shown_for
    of_positives = np.sort(outputs.head[is_positive])
    lost = most_lost(len(of_positives), kept) or 0
    threshold = min(float(of_positives[lost]) - _MARGIN, head.shown_for)
    staying = int((of_positives >= threshold).sum())
    leaving = float((outputs.head[~is_positive] < threshold).mean()) if not is_positive.all() else 0.0
    positives_leaving = 1 - staying / len(of_positives)
    share = (1 - prevalence) * leaving + prevalence * positives_leaving
    return ExitCandidate(
        head=replace(head, leaves_below=threshold),
        positives=len(of_positives),
        kept=staying,
        least_share=least_share(staying, len(of_positives)),
        leaving=leaving,
        speedup=costs.speedup(head.below, share),
    )


def _require_layers(bundle: Bundle, layers: Sequence[int] | None) -> list[int]:
    highest = highest_exit(bundle.weights.shape)
    if highest < 1:
        raise RunError(f"the network of {bundle.path} has a single layer: there is none to leave out")
    tried = sorted(set(layers)) if layers else list(range(1, highest + 1))
    for layer in tried:
        if not 1 <= layer <= highest:
            raise RunError(f"an exit cannot follow layer {layer}: choose 1 to {highest}")
    return tried
