"""Soft labels on disk: compressed JSON Lines in the folder of each teacher, a line for each text."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from models.normalizer import Labels
from training.distillation.part_files import PartFiles
from training.distillation.soft_labels import (
    SoftLabel,
    SoftLabels,
    combine_log_odds,
    combine_soft_labels,
)
from training.distillation.teacher import Teacher, bounded_log_odds, load_teachers
from training.errors import RunError
from training.examples import Example, digest_of
from training.loop import SINGLE_PROCESS, Processes, TrainingCallback

_NAME: Final = "labels-{:05d}.jsonl.gz"


def label_examples(
    teachers: Sequence[str | Path],
    examples: Sequence[Example],
    folder: Path,
    *,
    device: str = "auto",
    callback: TrainingCallback | None = None,
    advance: Callable[[int], None] = lambda texts: None,
    processes: Processes = SINGLE_PROCESS,
    fresh: bool = False,
) -> SoftLabels:
    """Have each teacher read all texts, and combine what they think.

    The results are kept in `folder`. The same teachers and texts are not read again, and an interrupted
    labelling resumes. If a teacher or the texts have changed, it starts over, with a message.

    Args:
        teachers: names or folders of bundles, at least one. A bundle with two readers is two teachers.
        examples: texts with their contexts; their annotated spans are coded too.
        folder: holds a folder for each teacher.
        device: where the teachers run: `auto`, `cpu`, `cuda` or `cuda:N`.
        callback: receives messages.
        advance: called with the number of further texts that a teacher has read, or had read before.
        processes: those that train together; they share the work.
        fresh: start over, whatever the folder holds.

    Raises:
        ModelError: there is no such bundle, or it is damaged.
        RunError: there is no teacher, or the folder cannot be written.
    """
    if not teachers:
        raise RunError("there is no teacher: name one bundle or several")
    digest = digest_of(examples)
    labels: list[list[SoftLabel]] = []
    loaded: list[Teacher] = []
    for number, teacher in enumerate(load_teachers(teachers, device=device), start=1):
        files = PartFiles(
            teacher_folder(folder, number),
            _NAME,
            teacher=teacher.version,
            identity=digest,
            count=len(examples),
        )
        results = files.obtain(
            partial(_write_labels, teacher, examples),
            _parse_labels,
            callback=callback,
            advance=advance,
            processes=processes,
            fresh=fresh,
        )
        labels.append(results)
        loaded.append(teacher)
    return SoftLabels(
        examples,
        combine_soft_labels(labels),
        tuple(teacher.version for teacher in loaded),
        _joined_classes(loaded),
        _combined_threshold(loaded, labels),
    )


def teacher_folder(folder: Path, number: int) -> Path:
    """Return the folder of a teacher, counted from 1."""
    return folder / f"teacher-{number}"


def _write_labels(teacher: Teacher, examples: Sequence[Example], rows: range) -> bytes:
    part = examples[rows.start : rows.stop]
    lines = (label.to_line(example.id) for label, example in zip(teacher.read(part), part, strict=True))
    return gzip.compress("".join(lines).encode(), mtime=0)


def _parse_labels(content: bytes, rows: range) -> list[SoftLabel]:
    return [SoftLabel.from_line(line) for line in gzip.decompress(content).decode().splitlines()]


def _combined_threshold(teachers: Sequence[Teacher], labels: Sequence[Sequence[SoftLabel]]) -> float:
    """Return the combined log-odds of texts that are at the threshold of each teacher."""
    log_odds = np.array([[label.log_odds for label in of_teacher] for of_teacher in labels])
    thresholds = np.array([[bounded_log_odds(teacher.threshold)] for teacher in teachers])
    return float(combine_log_odds(thresholds, log_odds)[0])


def _joined_classes(teachers: Sequence[Teacher]) -> Labels:
    """Return the PTs that any of the teachers knows, sorted by code; the first teacher's name counts."""
    names: dict[str, str] = {}
    for teacher in teachers:
        for label in teacher.classes.classes:
            names.setdefault(label.ptid, label.pt_name)
    return Labels.of(sorted(names.items()))
