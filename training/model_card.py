"""The model card of the default bundle."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

from training.config import TrainingConfig


def model_card(metrics: Mapping[str, Any], config: TrainingConfig, ptids: int, command: str) -> str:
    """Fill the text of `model_card.md` with the figures of a training; Markdown."""
    text = files(__package__).joinpath("model_card.md").read_text(encoding="utf-8")
    return Template(text).substitute(
        command=command,
        encoder=config.encoder,
        frozen=config.frozen_layers,
        epochs=config.epochs,
        seed=config.seed,
        rate=config.learning_rate,
        ptids=ptids,
        sizes=", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in metrics["sizes"].items()),
        threshold=metrics["threshold"]["threshold"],
        at_prevalence=_figures(metrics["threshold"]),
        prevalence=f"{metrics['threshold']['at_prevalence']:.0%}",
        tweets_1a=_figures(metrics["tweets"]["1a"]),
        tweets_1b=_figures(metrics["tweets"]["1b"]),
        tweets_1c=_figures(metrics["tweets"]["1c"]),
        sentences_1a=_figures(metrics["ade_corpus_v2"]["1a"]),
        sentences_1b=_figures(metrics["ade_corpus_v2"]["1b"]),
        label_accuracy=f"{metrics['drug_label_spans']['accuracy']:.1%}",
        label_spans=metrics["drug_label_spans"]["spans"],
    )


def _figures(scores: Mapping[str, float]) -> str:
    return " | ".join(f"{100 * scores[name]:.1f}" for name in ("precision", "recall", "f1"))
