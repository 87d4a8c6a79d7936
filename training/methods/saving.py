"""From trained networks to a bundle: what they are worth, the threshold, the model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Options, Thresholds, save_bundle
from models.network.multitask import MultiTaskNetwork
from training.methods.job import Job
from training.methods.networks import Trained
from training.methods.retrieval import Searching
from training.reports.card import bundle_name, method_card


@dataclass(frozen=True)
class Outcome:
    """A finished bundle: its version, and the figures in its `metrics.json`."""

    version: str
    metrics: Mapping[str, Any]


def save(
    job: Job,
    classifiers: Mapping[int, Trained],
    network: MultiTaskNetwork,
    searching: Searching | None,
    out: Path,
    command: str,
) -> Outcome:
    """Judge what was trained, and write the bundle.

    Args:
        job: what was asked for.
        classifiers: by their number, from 1.
        network: of all of them, with a retriever where there is one.
        searching: what goes with the retriever.
        out: where the bundle goes.
        command: that asked for it, for the model card.

    Raises:
        BundleError: it cannot be written.
    """
    method, materials, judge = job.method, job.materials, job.judge
    judged = judge.judge(network, searching.normalizer if searching else None)
    scores = judged.scores.to_json()
    metrics = {
        "preset": method.name,
        "classes": len(materials.labels),
        "examples": {task: len(rows) for task, rows in materials.tasks.items()},
        "notes": list(materials.notes),
        "threshold": {"threshold": judged.threshold, "chosen": method.threshold},
        "validation": {task: scores[task] for task in judge.subtasks},
        "classifiers": {
            str(number): {"best_epoch": one.best_epoch, "epochs": list(one.history)}
            for number, one in classifiers.items()
        },
        **({"retrieval": searching.to_json()} if searching else {}),
    }
    name = bundle_name(out)
    version = save_bundle(
        out,
        name=name,
        network=network,
        encoder=job.encoder,
        labels=materials.labels,
        thresholds=Thresholds(classifier=judged.threshold),
        options=Options(feedback=method.feedback, context=method.context),
        max_tokens=method.training.max_tokens,
        metrics=metrics,
        card=method_card(name, method, job.data, metrics=metrics, command=command),
        overwrite=True,
        vote=method.vote if method.classifiers > 1 else None,
        retrieval=searching.retrieval if searching else None,
        dictionary=searching.dictionary if searching else None,
    )
    return Outcome(version, metrics)
