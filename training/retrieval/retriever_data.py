"""What the retriever is asked in training: phrases, each with the concept that it means.

Phrases as people type them: with a typing error, or in other capitals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

import numpy as np
from numpy.typing import NDArray

from models.normalizer.names import Names
from training.augmentation.word_swaps import char_swaps
from training.examples import CodedPhrase


@dataclass(frozen=True, eq=False)
class Queries:
    """Phrases with their concepts.

    Attributes:
        texts: the phrases.
        contexts: the text that each is from; empty where it stands for itself.
        concepts: `[queries]`, int64: indices into `Names.concepts`.
    """

    texts: tuple[str, ...]
    contexts: tuple[str, ...]
    concepts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, other: Queries) -> Queries:
        return Queries(
            self.texts + other.texts,
            self.contexts + other.contexts,
            np.concatenate([self.concepts, other.concepts]),
        )

    def digest(self) -> str:
        """Identify them, in their order: 32 hex digits."""
        hashed = blake2b(repr((self.texts, self.contexts)).encode(errors="surrogatepass"), digest_size=16)
        hashed.update(self.concepts.tobytes())
        return hashed.hexdigest()


def phrase_queries(phrases: Sequence[CodedPhrase], names: Names, *, repeats: int | None = None) -> Queries:
    """Take the phrases whose PT has a name.

    Args:
        phrases: of a corpus, or of patients.
        names: what is searched.
        repeats: how many phrases that differ in nothing, or in capitals alone, are kept; None keeps all.
    """
    place = {concept.ptid: number for number, concept in enumerate(names.concepts)}
    counts: Counter[tuple[str, str]] = Counter()
    kept: list[CodedPhrase] = []
    for phrase in phrases:
        key = (phrase.text.casefold(), phrase.ptid)
        counts[key] += 1
        if phrase.ptid in place and (repeats is None or counts[key] <= repeats):
            kept.append(phrase)
    return Queries(
        tuple(phrase.text for phrase in kept),
        tuple(phrase.context for phrase in kept),
        np.array([place[phrase.ptid] for phrase in kept], dtype=np.int64),
    )


def name_queries(names: Names, most: int, generator: np.random.Generator) -> Queries:
    """Take names whose concept has another one: an LLT is asked for its PT or another LLT, a PT for an LLT.

    Args:
        names: what is searched.
        most: where there are more, so many are drawn.
        generator: of the draw.
    """
    sizes = np.bincount(names.owners, minlength=len(names.concepts))
    able = np.flatnonzero(sizes[names.owners] > 1)
    if len(able) > most:
        able = np.sort(generator.choice(able, most, replace=False))
    return Queries(tuple(names.names[row] for row in able), ("",) * len(able), names.owners[able])


_CAPITALS = (str.lower, str.upper, str.capitalize)


def with_typo(text: str, random: Random) -> str:
    """Change one word by a typing error, or where no word can have one, or by half a chance, the capitals.

    Args:
        text: a phrase.
        random: of the change.
    """
    edits = char_swaps(text, random)
    if not edits or random.random() < 0.5:
        return random.choice(_CAPITALS)(text)
    edit = random.choice(edits)
    return text[: edit.start] + edit.replacement + text[edit.end :]
