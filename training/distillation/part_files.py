"""What a teacher computes for texts, on disk: a folder for each teacher, with files of some texts each.

about.json   the teacher's version, and a digest of all that the files depend on
…-00000.…    the results for the first 2,000 texts; and so on

Each file is written whole. So an interrupted computation resumes with the first file that is missing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, TypeVar

from training.errors import RunError
from training.files import read_json, write_file, write_json
from training.loop import NullCallback, Processes, TrainingCallback

TEXTS_PER_FILE: Final = 2_000
ABOUT: Final = "about.json"

Result = TypeVar("Result")


class PartFiles:
    """The files of one teacher.

    Args:
        path: the folder.
        name: of a file, with a place for its number, such as `labels-{:05d}.jsonl.gz`.
        teacher: the version of the bundle.
        identity: what else the results depend on.
        count: number of texts.
    """

    def __init__(self, path: Path, name: str, *, teacher: str, identity: str, count: int) -> None:
        self._path = path
        self._name = name
        self._count = count
        digest = blake2b(f"{teacher} {identity} {TEXTS_PER_FILE}".encode(), digest_size=16).hexdigest()
        self._about: dict[str, Any] = {"teacher": teacher, "digest": digest}

    def obtain(
        self,
        compute: Callable[[range], bytes],
        parse: Callable[[bytes, range], list[Result]],
        *,
        callback: TrainingCallback | None,
        advance: Callable[[int], None],
        processes: Processes,
        fresh: bool,
    ) -> list[Result]:
        """Write the files that are missing, together with the other processes, and return all results.

        Args:
            compute: returns the content of the file for some of the texts.
            parse: returns the results in such a file. A ValueError means that it is damaged.
            callback: receives a message if the files of an earlier run are deleted.
            advance: called with the number of texts of each file, also of those that are there already.
            processes: they share the work.
            fresh: start over, whatever the folder holds.

        Raises:
            RunError: a file cannot be written, is missing or damaged.
        """
        if processes.is_main:
            self._begin(callback or NullCallback(), fresh=fresh)
        processes.wait()
        self._complete(compute, advance, processes)
        processes.wait()
        return self._load(parse)

    def _begin(self, callback: TrainingCallback, *, fresh: bool) -> None:
        """Keep the files of an earlier run if they are of the same teacher and texts; delete others."""
        earlier = read_json(self._path / ABOUT)
        if earlier is not None and (fresh or earlier != self._about):
            if not fresh:
                callback.on_message(
                    f"{self._path} has soft labels of another teacher or of other texts: "
                    f"{self._about['teacher']} reads the texts from the first one"
                )
            for path in self._path.glob(self._name.replace("{:05d}", "*")):
                path.unlink()
        write_json(self._path / ABOUT, self._about)

    def _complete(
        self, compute: Callable[[range], bytes], advance: Callable[[int], None], processes: Processes
    ) -> None:
        """Write the files that are missing. Of n processes, each writes every n-th."""
        for number, part in enumerate(self._parts()):
            is_own = number % processes.count == processes.rank
            if is_own and not self._file(number).is_file():
                write_file(self._file(number), compute(part))
            advance(len(part))

    def _load(self, parse: Callable[[bytes, range], list[Result]]) -> list[Result]:
        """Read all files."""
        results: list[Result] = []
        for number, part in enumerate(self._parts()):
            path = self._file(number)
            try:
                parsed = parse(path.read_bytes(), part)
                if len(parsed) != len(part):
                    raise ValueError(f"it has {len(parsed):,} of {len(part):,} texts")
            except (OSError, EOFError, zlib.error, ValueError) as error:
                raise RunError(
                    f"{path} cannot be read ({error}): delete it, and run the same command again"
                ) from None
            results += parsed
        return results

    def _parts(self) -> Iterator[range]:
        for start in range(0, self._count, TEXTS_PER_FILE):
            yield range(start, min(start + TEXTS_PER_FILE, self._count))

    def _file(self, number: int) -> Path:
        return self._path / self._name.format(number)
