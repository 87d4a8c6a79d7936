"""The texts to score, from official files or a prepared corpus, read one by one to save memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from models.predictions import Scorer, TweetPrediction
from training.corpora import SPLITS, require_split, split_file, split_from_name
from training.errors import CorpusError
from training.scorer import TWEETS_FILE, is_official, read_id_and_text

_CHUNK: Final = 512  # texts scored in one call: enough to sort them by length


class TextToScore(NamedTuple):
    """A text with its id, and with what is read before it, if there is something."""

    id: str
    text: str
    context: str = ""


def official_folder(path: Path, split: str) -> Path | None:
    """Return the folder with a split's official files: `path` itself, or the one in it named after the split.

    Returns:
        None if there is no such folder, or if `path` is a prepared folder that has the split.
    """
    if not path.is_dir() or split_file(path, split) is not None:
        return None
    if is_official(path):
        return path
    inside = sorted(child for child in path.iterdir() if child.is_dir() and is_official(child))
    return next((child for child in inside if split_from_name(child.name) == split), None)


def splits_in(folder: Path) -> list[str]:
    """Return the splits that a folder has, as official files or as a prepared corpus."""
    return [name for name in SPLITS if official_folder(folder, name) or split_file(folder, name) is not None]


def text_file(path: Path, split: str) -> Path:
    """Return the file that has the texts.

    Args:
        path: a .tsv or .jsonl file, a folder in the official layout, or a prepared folder.
        split: which split of a folder that has several; "dev" is "valid", and so on.

    Raises:
        CorpusError: there is no such file.
    """
    split = require_split(split)
    if (file := _text_file(path, split)).is_file():
        return file
    if not path.exists():
        raise CorpusError(f"{path} does not exist: name a .tsv file, a .jsonl file, or a folder with one")
    others = [name for name in SPLITS if _text_file(path, name).is_file()]
    if others:
        raise CorpusError(
            f"{path} has no texts of {split}, but of {', '.join(others)}: choose one with --split"
        )
    raise CorpusError(
        f"{path} holds no texts: name a .tsv file (tweet_id, text), a .jsonl file, or a folder with "
        f"{TWEETS_FILE} or {split}.jsonl"
    )


def read_texts(path: Path) -> Iterator[TextToScore]:
    """Yield the texts of a file: JSON Lines if its name ends in .jsonl, else rows of tweet_id, tab, text.

    Raises:
        CorpusError: a line is malformed; file and line are named.
    """
    if path.suffix == ".jsonl":
        yield from _read_json_lines(path)
    else:
        yield from (TextToScore(id_, text) for id_, text in read_id_and_text(path))


def count_lines(path: Path) -> int:
    """Return the number of lines in a file, for a progress bar."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def score_texts(
    scorer: Scorer, texts: Iterator[TextToScore]
) -> Iterator[tuple[TextToScore, TweetPrediction]]:
    """Yield each text with its prediction, in the order of the texts."""
    while chunk := list(islice(texts, _CHUNK)):
        yield from zip(
            chunk,
            scorer.score([text.text for text in chunk], [text.context for text in chunk]),
            strict=True,
        )


def _text_file(path: Path, split: str) -> Path:
    folder = official_folder(path, split)
    if folder:
        return folder / TWEETS_FILE
    return (split_file(path, split) or path / f"{split}.jsonl") if path.is_dir() else path


def _read_json_lines(path: Path) -> Iterator[TextToScore]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            place = f"{path}, line {number}"
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CorpusError(f"{place}: not valid JSON ({error}); correct the line") from None
            text = record.get("text") if isinstance(record, dict) else None
            if not isinstance(text, str):
                raise CorpusError(f'{place}: there is no text; write {{"id": …, "text": …}}')
            context = record.get("context")
            if context is not None and not isinstance(context, str):
                raise CorpusError(f"{place}: context is {context!r}, not a string")
            yield TextToScore(str(record.get("id", number)), text, context or "")
