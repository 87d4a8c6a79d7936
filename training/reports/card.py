"""The model card of a bundle that `ade-train train` makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from training.examples import Example, TrainingData
from training.presets import Method

_TOLD = {
    1: "one network",
    3: "the boosting ensemble of three classifiers",
    5: "the ensemble of five classifiers",
}


def method_card(
    name: str, method: Method, data: TrainingData, *, metrics: Mapping[str, Any], command: str
) -> str:
    """Fill the text of `card.md`; Markdown.

    Args:
        name: of the bundle.
        method: how it was made.
        data: what it was made from; counted here, not quoted.
        metrics: as `metrics.json` has them.
        command: that made it.
    """
    text = files(__package__).joinpath("card.md").read_text(encoding="utf-8")
    settings = asdict(method)
    of_training, of_retriever = settings.pop("training"), settings.pop("retriever")
    if method.normalizer != "classifier":
        settings |= {f"retriever_{key}": value for key, value in of_retriever.items()}
    del settings["name"]
    return Template(text).substitute(
        name=name,
        command=command,
        method=_method(method, metrics),
        data="\n".join(
            f"| {side} | {_counts(examples)} |"
            for side, examples in (("training", data.train), ("validation", data.valid))
        ),
        notes="\n".join(f"- {note}" for note in metrics["notes"]),
        scores="\n".join(
            f"| {task} | {' | '.join(f'{100 * scores[key]:.1f}' for key in ('precision', 'recall', 'f1'))} |"
            for task, scores in metrics["validation"].items()
        ),
        settings="\n".join(
            f"| {key.replace('_', '-')} | {value} |"
            for key, value in {**settings, **of_training, "encoder": _encoder(method)}.items()
        ),
    )


def bundle_name(out: Path) -> str:
    """Make the name of a bundle of its folder's: lower-case letters, digits, `.`, `_` and `-`."""
    name = re.sub(r"[^a-z0-9._-]+", "-", out.resolve().name.lower()).strip("-._")
    return name[:40] or "bundle"


def _method(method: Method, metrics: Mapping[str, Any]) -> str:
    epochs = len(metrics["classifiers"]["1"]["epochs"])  # fewer than asked for where patience ended it
    reads = "the span with its text" if method.context else "the span alone"
    feedback = ", if a span is found in it" if method.feedback else ""
    return (
        f"Preset `{method.name}`: {_TOLD[method.classifiers]} on the encoder `{_encoder(method)}`, trained "
        f"by Algorithm 1 of the paper; the best of {epochs} epochs was kept. The Normalizer knows "
        f"{metrics['classes']:,} PTs and reads {reads}. A text is positive from the probability "
        f"{metrics['threshold']['threshold']:.3g}{feedback}."
    )


def _encoder(method: Method) -> str:
    """Name the encoder; of a folder of this machine its last part."""
    source = method.training.encoder
    return Path(source).resolve().name if Path(source).is_dir() else source


def _counts(examples: Sequence[Example]) -> str:
    spans = [span for example in examples for span in example.spans]
    figures = (
        len(examples),
        sum(example.label for example in examples),
        len(spans),
        sum(span.ptid is not None for span in spans),
    )
    return " | ".join(f"{figure:,}" for figure in figures)
