"""Where the files of a split lie, in either layout."""

from __future__ import annotations

from pathlib import Path

from training.corpora.splits import SPLITS, split_named
from training.errors import CorpusError
from training.scorer import is_official
from training.scorer.annotations import TWEETS_FILE


def official_folder(path: Path, split: str) -> Path | None:
    """Find the folder with a split's official files: `path` itself, or the one in it named after the split.

    Returns:
        None where there is none, and where `path` is a prepared folder with that split.
    """
    if not path.is_dir() or (path / f"{split}.jsonl").is_file():
        return None
    if is_official(path):
        return path
    inside = sorted(child for child in path.iterdir() if child.is_dir() and is_official(child))
    return next((child for child in inside if split_named(child.name) == split), None)


def text_file(path: Path, split: str) -> Path:
    """Find the file with the texts.

    Args:
        path: a .tsv or .jsonl file, a folder in the official layout, or a prepared one.
        split: of a folder that has several.

    Raises:
        CorpusError: there is no such file.
    """
    if (choice := _text_file(path, split)).is_file():
        return choice
    if not path.exists():
        raise CorpusError(f"{path} does not exist: name a .tsv file, a .jsonl file, or the folder of either")
    others = [name for name in SPLITS if _text_file(path, name).is_file()]
    if others:
        raise CorpusError(f"{path} has no texts of {split}, but of {', '.join(others)}: choose by --split")
    raise CorpusError(
        f"{path} holds no texts: name a .tsv file (tweet_id, text), a .jsonl file, or a folder with "
        f"{TWEETS_FILE} or {split}.jsonl"
    )


def _text_file(path: Path, split: str) -> Path:
    folder = official_folder(path, split)
    return folder / TWEETS_FILE if folder else path / f"{split}.jsonl" if path.is_dir() else path
