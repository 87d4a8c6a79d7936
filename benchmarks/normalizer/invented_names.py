"""Invented names of effects with the number and lengths of MedDRA's, and spans as people write them.

No MedDRA dictionary may be shipped. What a search costs depends on how many names share a word or a few
letters. So, as in a release, few words are frequent and most are rare; rare words are made of medical
syllables, and their number grows with the number of names.
"""

from __future__ import annotations

import configparser
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from models.normalizer import Label, Names

NAMES_OF_A_PT = 3


def invent_names(count: int, seed: int = 0) -> Names:
    """Return different invented names, three for each PT.

    Args:
        count: number of names.
        seed: equal seeds give equal names.
    """
    rng = np.random.default_rng(seed)
    vocabulary = _vocabulary(round(26 * count**0.55), rng)
    shares = (10.0 + np.arange(len(vocabulary))) ** -1.35
    shares /= shares.sum()
    unique: dict[str, None] = {}
    while len(unique) < count:
        lengths = rng.choice([1, 2, 3, 4, 5], p=[0.15, 0.4, 0.27, 0.13, 0.05], size=count)
        words = iter(rng.choice(vocabulary, p=shares, size=lengths.sum()).tolist())
        unique.update(dict.fromkeys(" ".join(next(words) for _ in range(n)).capitalize() for n in lengths))
    chosen = [*unique][:count]
    pts = tuple(
        Label(ptid=str(10_000_000 + number), pt_name=name)
        for number, name in enumerate(chosen[::NAMES_OF_A_PT])
    )
    return Names(pts, tuple(chosen), np.arange(count) // NAMES_OF_A_PT)


def invent_spans(known: Sequence[str], count: int, seed: int = 1) -> list[str]:
    """Return spans: a third are misspelt names, a third shortened ones, and a third everyday phrases."""
    rng = np.random.default_rng(seed)
    invented = []
    for number, name in enumerate(rng.choice(np.array(known), count).tolist()):
        kind = number % 3
        words = name.lower().split()
        if kind == 0:
            place = int(rng.integers(len(words)))
            words[place] = _misspelt(words[place], rng)
        elif kind == 1:
            words = [*words[:-2], words[-1][: max(6, len(words[-1]) - 3)]]
        else:
            words = rng.choice(_words("everyday"), rng.integers(2, 7)).tolist()
        invented.append(" ".join(words))
    return invented


def _vocabulary(count: int, rng: np.random.Generator) -> list[str]:
    words = dict.fromkeys(_words("frequent"))
    while len(words) < count:
        roots = "o".join(rng.choice(_words("roots"), 1 + int(rng.random() < 0.1)).tolist())
        before = rng.choice(_words("before")) if rng.random() < 0.25 else ""
        after = rng.choice(_words("after"))
        words[f"{before}{roots}{after}"] = None
    return [*words][:count]


def _misspelt(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(0, max(len(word) - 1, 1)))
    kind = rng.integers(0, 3)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[: at + 1] + word[at:]
    return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]


@cache
def _words(kind: str) -> list[str]:
    parser = configparser.ConfigParser()
    parser.read_string(Path(__file__).with_name("invented_words.ini").read_text(encoding="utf-8"))
    return parser[kind]["words"].split()
