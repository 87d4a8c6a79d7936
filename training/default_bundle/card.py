"""The model card of the default bundle."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

from training.presets import Method


def model_card(metrics: Mapping[str, Any], method: Method, command: str, checklist: str) -> str:
    """Fill the text of `model_card.md`; Markdown.

    Args:
        metrics: as `metrics.json` has them.
        method: how the bundle was trained.
        command: that made it.
        checklist: its table, Markdown.
    """
    text = files(__package__).joinpath("model_card.md").read_text(encoding="utf-8")
    config, sizes = method.training, metrics["sizes"]
    test, blind = metrics["test_tweets"], metrics["blind_tweets"]
    at_prevalence = f"{metrics['threshold']['at_prevalence']:.0%}"
    return Template(text).substitute(
        command=command,
        encoder=config.encoder,
        frozen=_frozen(config.frozen_layers),
        epochs=config.epochs,
        seed=config.seed,
        rate=config.learning_rate,
        classes=f"{sizes['classes']:,}",
        normalizer=_normalizer(method, sizes["classes"]),
        max_tokens=config.max_tokens,
        sizes=", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in sizes.items()),
        threshold=metrics["threshold"]["threshold"],
        prevalence=at_prevalence,
        chosen_at=f"{metrics['threshold']['chosen_at']:.0%}",
        test=_counts(test),
        blind=_counts(blind),
        scores="\n".join(
            [
                *_rows("test tweets", test, at_prevalence),
                *_rows("blind tweets", blind, at_prevalence),
                *(
                    f"| ADE-Corpus-V2, {task} | {_figures(metrics['ade_corpus_v2'][task])} |"
                    for task in ("1a", "1b")
                ),
            ]
        ),
        coding="\n".join(
            f"| {what.replace('_', ' ')} | {choice} | {own['spans']} | {own['accuracy_at_1']:.1%} "
            f"| {own['accuracy_at_5']:.1%} |"
            for what, by_choice in metrics["coding"].items()
            for choice, own in by_choice.items()
        ),
        checklist=checklist.rstrip(),
    )


def _frozen(layers: int) -> str:
    if layers < 0:
        return "all layers but the last"
    return f"the first {layers} layers" if layers else "no layer"


def _normalizer(method: Method, classes: int) -> str:
    classifier = f"a classifier over {classes:,} PTs"
    if method.normalizer == "classifier":
        return classifier
    retriever = method.retriever
    return (
        f"a hybrid: {classifier}, and a retriever ({retriever.layers} layers of its own, {retriever.epochs}\n"
        "epochs of contrastive training) that searches their names, or those of a MedDRA release once\n"
        "`ade-train bundle set-terminology` has put them in; both together, and the likeness of letters,\n"
        "give a calibrated score, and below the threshold a mention stays uncoded"
    )


def _counts(tweets: Mapping[str, Any]) -> str:
    return f"{tweets['tweets']:,}, of which {tweets['positive']:,} are positive"


def _rows(name: str, scores: Mapping[str, Any], prevalence: str) -> list[str]:
    named = {
        f"1a, weighed to {prevalence} positives": scores["1a_at_prevalence"],
        "1a, as they are": scores["1a"],
        "1b": scores["1b"],
        "1c": scores["1c"],
    }
    return [f"| {name}, {what} | {_figures(own)} |" for what, own in named.items()]


def _figures(scores: Mapping[str, float]) -> str:
    return " | ".join(f"{100 * scores[name]:.1f}" for name in ("precision", "recall", "f1"))
