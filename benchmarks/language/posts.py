"""English and foreign posts to detect: written for this benchmark, generated, and from corpora."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.inference.tweet_sample import sample_texts

HERE: Final = Path(__file__).parent
VARIANTS: Final = 8
"""Posts made of each written one, with different names of medicines."""

_CORPORA: Final = {
    "reviews": ("corpora/psytar_train.jsonl", 1),
    "case reports": ("corpora/ade_corpus_v2.jsonl", 10),
    "drug labels": ("corpora/tac2017_train.jsonl", 10),
}
"""File of each corpus of texts, and how many lines there are for each one that is taken."""


def foreign_posts(quick: bool) -> list[tuple[str, str]]:
    """Return posts with their languages."""
    return list(_filled("foreign_posts.tsv", 1 if quick else VARIANTS))


def english_posts(quick: bool, shared: Path | None) -> dict[str, list[str]]:
    """Return English posts by where they come from.

    Args:
        quick: return fewer of them.
        shared: folder with `hard_posts.tsv` and `corpora/`; None for posts of the project alone.
    """
    posts = {
        "invented": [text for _, text in _filled("english_posts.tsv", 2 if quick else VARIANTS)],
        "generated": list(sample_texts(256 if quick else 2_048)),
    }
    if shared is None:
        return posts
    step = 20 if quick else 1
    posts["hard posts"] = [line.split("\t")[4] for line in _lines(shared / "hard_posts.tsv")]
    posts["phrases"] = [line.split("\t")[0] for line in _lines(shared / "corpora/lay_phrases.tsv")][::step]
    for name, (path, every) in _CORPORA.items():
        records = (shared / path).read_text(encoding="utf-8").splitlines()[:: every * step]
        posts[name] = [json.loads(record)["text"] for record in records]
    return posts


def _filled(name: str, variants: int) -> Iterator[tuple[str, str]]:
    """Yield the first column of a file, and the second one with names of medicines in it."""
    drugs = (HERE / "drug_names.txt").read_text(encoding="utf-8").split()
    for row, line in enumerate(_lines(HERE / name)):
        kind, text = line.split("\t")
        for variant in range(variants):
            first = (row * 5 + variant * 3) % len(drugs)
            other = drugs[(first + 5) % len(drugs)]
            yield kind, text.replace("{drug}", drugs[first]).replace("{other}", other)


def _lines(path: Path) -> list[str]:
    """Return the lines below the header."""
    return path.read_text(encoding="utf-8").splitlines()[1:]
