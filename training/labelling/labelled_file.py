"""The labels on disk: JSON Lines that only grow, one record for each distinct post, and one file of rejects.

A record is written at once, so a kill loses the answers that are under way and nothing else. A line that was
cut by a kill or by a full disk is removed at the next start.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from models.disk import writing
from training.corpora import example_record, has_model_labels, mark_model_labels
from training.errors import RunError
from training.examples import Example


class LabelledFile:
    """The labels of posts by one model and one prompt; a context manager.

    Args:
        path: of the labels; the rejects are next to it, see `rejects_path`.
        model: name of the model.
        prompt: version of the prompt.
        retry_rejects: posts that were rejected are missing, too; see `forget_rejects`.
    """

    def __init__(self, path: Path, *, model: str, prompt: str, retry_rejects: bool = False) -> None:
        self.path = path
        self.rejects_path = path.with_suffix(".rejects.jsonl")
        self._marks = {"model": model, "prompt": prompt}
        self._retry_rejects = retry_rejects
        self._done: set[bytes] = set()

    def __enter__(self) -> Self:
        """Open both files, and read which posts are done.

        Raises:
            RunError: a file cannot be read or written, holds something else, or another process writes it.
        """
        if self.path.exists() and not self.path.is_file():
            raise RunError(f"{self.path} is not a file: name another one with --out")
        with writing(self.path, RunError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _open_alone(self.path)
            try:
                self._rejects = self.rejects_path.open("a+b")
                for number, record in _whole_records(self._file, self.path):
                    self._require_same_marks(record, number)
                    self._done.add(_key(record["text"], record.get("context", "")))
                rejects = () if self._retry_rejects else _whole_records(self._rejects, self.rejects_path)
                for _, record in rejects:
                    self._done.add(_key(record["text"], record.get("context", "")))
            except BaseException:
                self._file.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path, file in ((self.rejects_path, self._rejects), (self.path, self._file)):
            if path.is_file() and not path.stat().st_size:
                path.unlink()
            file.close()

    def forget_rejects(self) -> None:
        """Empty the file of rejects, if they are to be labelled again."""
        if self._retry_rejects:
            self._rejects.truncate(0)

    def missing(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield the posts that are neither labelled nor rejected, each distinct post once."""
        seen: set[bytes] = set()
        for example in examples:
            key = _key(example.text, example.context)
            if key not in self._done and key not in seen:
                seen.add(key)
                yield example

    def add(self, labelled: Example) -> None:
        """Write the labels of a post.

        Raises:
            RunError: they cannot be written.
        """
        self._append(self._file, self.path, mark_model_labels(example_record(labelled), **self._marks))
        self._done.add(_key(labelled.text, labelled.context))

    def reject(self, example: Example, reason: str) -> None:
        """Write that a post could not be labelled, and why.

        Raises:
            RunError: it cannot be written.
        """
        record = {"id": example.id, "text": example.text, **self._marks, "reason": reason}
        if example.context:
            record["context"] = example.context
        self._append(self._rejects, self.rejects_path, record)
        self._done.add(_key(example.text, example.context))

    def _append(self, file: IO[bytes], path: Path, record: dict[str, Any]) -> None:
        with writing(path, RunError):
            file.write(f"{json.dumps(record, ensure_ascii=False)}\n".encode())
            file.flush()

    def _require_same_marks(self, record: dict[str, Any], number: int) -> None:
        if not has_model_labels(record):
            raise RunError(
                f"{self.path}, line {number}: no model gave these labels; name another file with --out"
            )
        marks = {name: record.get(name) for name in self._marks}
        if marks != self._marks:
            raise RunError(
                f"{self.path} has labels by {marks['model']} with prompt {marks['prompt']}, not by "
                f"{self._marks['model']} with prompt {self._marks['prompt']}: name another file with --out"
            )


def _open_alone(path: Path) -> IO[bytes]:
    """Open a file to read and append, unless another process has done so.

    Raises:
        RunError: another process has.
    """
    file = path.open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise RunError(
            f"another process writes {path}: wait for it, or name another file with --out"
        ) from None
    return file


def _whole_records(file: IO[bytes], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the records of a file with their lines, and cut off a last line without an end.

    Raises:
        RunError: a line is not a record with a text.
    """
    file.seek(0)
    end = 0
    for number, line in enumerate(file, start=1):
        if not line.endswith(b"\n"):
            break
        end += len(line)
        try:
            record = json.loads(line)
            if not isinstance(record["text"], str):
                raise ValueError("its text is not a string")
        except (ValueError, LookupError, TypeError, RecursionError):
            raise RunError(
                f"{path}, line {number}: this is not a labelled post; name another --out"
            ) from None
        yield number, record
    if file.seek(0, os.SEEK_END) > end:
        file.truncate(end)


def _key(text: str, context: str) -> bytes:
    return blake2b(f"{context}\0{text}".encode(errors="surrogatepass"), digest_size=16).digest()
