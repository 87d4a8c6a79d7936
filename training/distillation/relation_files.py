"""The relations of words in the teachers' last states, on disk: two bytes for a text, and one for each pair.

Stored are relations and not the states: of 5,600 tweets of 20 words, these take 1 MB, and the states of an
encoder with a width of 768 take 170 MB in half precision. Only texts that the Extractor reads need them.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np

from models.scoring.readings import ReadWord
from training.distillation.label_files import teacher_folder
from training.distillation.part_files import PartFiles
from training.distillation.soft_labels import SoftLabels
from training.distillation.teacher import Teacher, load_teachers
from training.examples import Example, digest_of
from training.loop import (
    SINGLE_PROCESS,
    Processes,
    Relations,
    TrainingCallback,
    mean_relations,
)

_NAME: Final = "relations-{:05d}.gz"
_COUNT: Final = np.dtype("<u2")
_FOLDER: Final = "relations"


def add_relations(
    teachers: Sequence[str | Path],
    soft: SoftLabels,
    rows: Sequence[int],
    folder: Path,
    *,
    device: str = "auto",
    callback: TrainingCallback | None = None,
    advance: Callable[[int], None] = lambda texts: None,
    processes: Processes = SINGLE_PROCESS,
    fresh: bool = False,
) -> SoftLabels:
    """Have each teacher read some texts again, and add the mean of the relations of their words.

    The results are kept, and an interrupted reading resumes, as for `label_examples`.

    Args:
        teachers: those that read the texts.
        soft: the texts and their soft labels.
        rows: of the texts that are read again.
        folder: of the soft labels; the relations are in `relations` there.
        device: where the teachers run.
        callback: receives messages.
        advance: called with the number of further texts that a teacher has read, or had read before.
        processes: those that train together; they share the work.
        fresh: start over, whatever the folder holds.

    Raises:
        ModelError: there is no such bundle, or it is damaged.
        RunError: the folder cannot be written, or a file in it is damaged.
    """
    examples = [soft.examples[row] for row in rows]
    words = [soft.labels[row].words for row in rows]
    of_words = [[(word.start, word.end) for word in part] for part in words]
    digest = blake2b(f"{digest_of(examples)} {of_words}".encode(), digest_size=16).hexdigest()
    relations: list[list[Relations]] = []
    for number, teacher in enumerate(load_teachers(teachers, device=device), start=1):
        files = PartFiles(
            teacher_folder(folder / _FOLDER, number),
            _NAME,
            teacher=teacher.version,
            identity=digest,
            count=len(examples),
        )
        results = files.obtain(
            partial(_write_relations, teacher, examples, words),
            partial(_parse_relations, words),
            callback=callback,
            advance=advance,
            processes=processes,
            fresh=fresh,
        )
        relations.append(results)
    combined: dict[int, Relations] = {}
    for row, of_text in zip(rows, zip(*relations, strict=True), strict=True):
        known = [part for part in of_text if len(part)]
        if known:
            combined[row] = mean_relations(known)
    return replace(soft, relations=combined)


def _write_relations(
    teacher: Teacher, examples: Sequence[Example], words: Sequence[Sequence[ReadWord]], rows: range
) -> bytes:
    related = teacher.relate(examples[rows.start : rows.stop], words[rows.start : rows.stop])
    counts = np.array(
        [len(words[row]) if len(part) else 0 for row, part in zip(rows, related, strict=True)], _COUNT
    )
    return gzip.compress(counts.tobytes() + b"".join(part.tobytes() for part in related), mtime=0)


def _parse_relations(words: Sequence[Sequence[ReadWord]], content: bytes, rows: range) -> list[Relations]:
    """Divide the content of a file by texts.

    Raises:
        ValueError: it is not of these texts.
    """
    content = gzip.decompress(content)
    head = len(rows) * _COUNT.itemsize
    counts: list[int] = np.frombuffer(content[:head], _COUNT).tolist()
    if [count or len(words[row]) for count, row in zip(counts, rows, strict=True)] != [
        len(words[row]) for row in rows
    ]:
        raise ValueError("it has other texts or other words")
    sizes = [count * (count - 1) // 2 for count in counts]
    relations = np.frombuffer(content[head:], np.int8)
    if len(relations) != sum(sizes):
        raise ValueError(f"it has {len(relations):,} of {sum(sizes):,} relations")
    return np.split(relations, np.cumsum(sizes)[:-1])
