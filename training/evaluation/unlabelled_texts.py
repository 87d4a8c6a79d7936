"""Unlabelled texts from files of any kind, read one by one: there may be millions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from training.corpora import split_names
from training.errors import CorpusError
from training.evaluation.tweet_files import TextToScore, official_folder, read_texts
from training.examples import Example
from training.scorer import TWEETS_FILE

# The splits of a folder that are read. Texts of the others choose thresholds, or are kept for evaluation.
_SPLITS: Final = ("train", "all")
_TABLES: Final = (".tsv", ".jsonl")


def read_unlabelled(paths: Iterable[Path]) -> Iterator[Example]:
    """Yield the texts of files and folders, without their annotations; blank texts are skipped.

    A .jsonl file has one object a line, with "text" and, if they exist, "id" and "context". A .tsv file has
    an id and a text. Of a folder, prepared or official, the training texts are read. Any other file is plain
    text in UTF-8, one text a line; bytes that are not UTF-8 become U+FFFD.

    Args:
        paths: files and folders.

    Raises:
        CorpusError: one does not exist, holds no texts, or a line is malformed; the message names it.
    """
    for path in paths:
        for text in _texts_of(path):
            if text.text.strip():
                yield Example(text.id, _encodable(text.text), 0, context=_encodable(text.context))


def _texts_of(path: Path) -> Iterator[TextToScore]:
    if path.is_dir():
        for file in _training_files(path):
            yield from read_texts(file)
    elif path.suffix in _TABLES:
        _require_file(path)
        yield from read_texts(path)
    else:
        _require_file(path)
        yield from _read_plain(path)


def _training_files(folder: Path) -> list[Path]:
    files = [folder / f"{name}.jsonl" for name in split_names(folder) if name in _SPLITS]
    official = None if files else official_folder(folder, "train")
    if official is not None:
        files = [official / TWEETS_FILE]
    if not files:
        raise CorpusError(
            f"{folder} has no training texts (train.jsonl, all.jsonl or {TWEETS_FILE}): name a file with some"
        )
    return files


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise CorpusError(
            f"{path} does not exist: name a file with one text a line, a .jsonl file, a .tsv file, or a "
            "folder with a prepared corpus"
        )


def _read_plain(path: Path) -> Iterator[TextToScore]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            yield TextToScore(f"{path.name}:{number}", line.rstrip("\r\n"))


def _encodable(text: str) -> str:
    """Replace lone surrogates, which JSON can name, but no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
