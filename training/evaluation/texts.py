"""Texts to be judged, one by one, so that a file of any size takes little memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from models.predictions import Scorer, TweetPrediction
from training.errors import CorpusError
from training.scorer.layout import read_rows

_CHUNK = 512  # texts judged together: enough to sort them by length


class Text(NamedTuple):
    """A text to be judged."""

    id: str
    text: str


def read_texts(path: Path) -> Iterator[Text]:
    """Read the texts of a file: JSON Lines where its name ends so, else tweet_id, tab, text.

    Raises:
        CorpusError: a line is malformed; file and line are named.
    """
    if path.suffix == ".jsonl":
        yield from _from_json_lines(path)
        return
    for row in read_rows(path, fields=2, rest=True):
        if len(row.fields) != 2:
            raise CorpusError(f"{path}, line {row.line}: there is no tab between tweet_id and text; add it")
        yield Text(*row.fields)


def count_lines(path: Path) -> int:
    """Count the lines of a file, for a progress bar."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def judge(scorer: Scorer, texts: Iterator[Text]) -> Iterator[tuple[Text, TweetPrediction]]:
    """Let a scorer judge texts, some at a time; their order is kept."""
    while chunk := list(islice(texts, _CHUNK)):
        yield from zip(chunk, scorer.score([one.text for one in chunk]), strict=True)


def _from_json_lines(path: Path) -> Iterator[Text]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CorpusError(f"{path}, line {number}: no JSON ({error}); mend the line") from None
            text = record.get("text") if isinstance(record, dict) else None
            if not isinstance(text, str):
                raise CorpusError(f'{path}, line {number}: there is no text; write {{"id": …, "text": …}}')
            yield Text(str(record.get("id", number)), text)
