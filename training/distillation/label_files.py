"""Soft labels on disk: a folder for each teacher, with compressed JSON Lines of some texts each.

about.json            the teacher's version, and the digest of the texts
labels-00000.jsonl.gz the soft labels of the first 2,000 texts, one a line; and so on

Each file is written whole. So an interrupted labelling resumes with the first file that is missing.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.normalizer import Labels
from training.distillation.soft_labels import (
    SoftLabel,
    SoftLabels,
    combine_log_odds,
    combine_soft_labels,
)
from training.distillation.teacher import Teacher, bounded_log_odds, load_teachers
from training.errors import RunError
from training.examples import Example, digest_of
from training.files import read_json, write_file, write_json
from training.loop import SINGLE_PROCESS, NullCallback, Processes, TrainingCallback

TEXTS_PER_FILE: Final = 2_000
ABOUT: Final = "about.json"
_PATTERN: Final = "labels-*.jsonl.gz"


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
        part = _TeacherFolder(folder / f"teacher-{number}", teacher, digest)
        if processes.is_main:
            part.begin(callback or NullCallback(), fresh=fresh)
        processes.wait()
        part.complete(examples, advance, processes)
        processes.wait()
        labels.append(part.load(len(examples)))
        loaded.append(teacher)
    return SoftLabels(
        examples,
        combine_soft_labels(labels),
        tuple(teacher.version for teacher in loaded),
        _joined_classes(loaded),
        _combined_threshold(loaded, labels),
    )


class _TeacherFolder:
    """The soft labels of one teacher, in a folder of their own."""

    def __init__(self, path: Path, teacher: Teacher, texts_digest: str) -> None:
        self._path = path
        self._teacher = teacher
        identity = f"{teacher.version} {texts_digest} {TEXTS_PER_FILE}"
        self._about: dict[str, Any] = {
            "teacher": teacher.version,
            "digest": blake2b(identity.encode(), digest_size=16).hexdigest(),
        }

    def begin(self, callback: TrainingCallback, *, fresh: bool) -> None:
        """Keep the files of an earlier run if they are of the same teacher and texts; delete others."""
        earlier = read_json(self._path / ABOUT)
        if earlier is not None and (fresh or earlier != self._about):
            if not fresh:
                callback.on_message(
                    f"{self._path} has soft labels of another teacher or of other texts: "
                    f"{self._about['teacher']} reads the texts from the first one"
                )
            for path in self._path.glob(_PATTERN):
                path.unlink()
        write_json(self._path / ABOUT, self._about)

    def complete(
        self, examples: Sequence[Example], advance: Callable[[int], None], processes: Processes
    ) -> None:
        """Write the files that are missing. Of n processes, each writes every n-th."""
        for number, part in enumerate(_parts(examples)):
            is_own = number % processes.count == processes.rank
            if is_own and not self._file(number).is_file():
                labels = self._teacher.read(part)
                lines = (label.to_line(example.id) for label, example in zip(labels, part, strict=True))
                write_file(self._file(number), gzip.compress("".join(lines).encode(), mtime=0))
            advance(len(part))

    def load(self, count: int) -> list[SoftLabel]:
        """Read all files, which have `count` soft labels together."""
        labels: list[SoftLabel] = []
        for number in range(-(-count // TEXTS_PER_FILE)):
            path = self._file(number)
            expected = min(TEXTS_PER_FILE, count - number * TEXTS_PER_FILE)
            try:
                lines = gzip.decompress(path.read_bytes()).decode().splitlines()
                part = [SoftLabel.from_line(line) for line in lines]
                if len(part) != expected:
                    raise ValueError(f"it has {len(part):,} of {expected:,} lines")
            except (OSError, EOFError, zlib.error, ValueError) as error:
                raise RunError(
                    f"{path} cannot be read ({error}): delete it, and run the same command again"
                ) from None
            labels += part
        return labels

    def _file(self, number: int) -> Path:
        return self._path / f"labels-{number:05d}.jsonl.gz"


def _parts(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    for start in range(0, len(examples), TEXTS_PER_FILE):
        yield examples[start : start + TEXTS_PER_FILE]


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
