"""What the retriever learns from: phrases with the concepts that they mean, and the names to find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.encoder import TweetTokenizer
from models.normalizer import Names
from training.augmentation import char_swaps
from training.examples import CodedPhrase
from training.loop import Inputs
from training.retrieval.retriever_config import RetrieverConfig

_CAPITALS: Final = (str.lower, str.upper, str.capitalize)


@dataclass(frozen=True, eq=False)
class Queries:
    """Phrases with their concepts.

    Attributes:
        texts: the phrases.
        tweets: the text that each phrase is from; empty if it stands alone.
        concepts: `[queries]`, int64: indices into `Names.concepts`.
    """

    texts: tuple[str, ...]
    tweets: tuple[str, ...]
    concepts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, other: Queries) -> Queries:
        return Queries(
            self.texts + other.texts,
            self.tweets + other.tweets,
            np.concatenate([self.concepts, other.concepts]),
        )

    def digest(self) -> str:
        """Return a hash of the queries in their order: 32 hex digits."""
        hashed = blake2b(repr((self.texts, self.tweets)).encode(errors="surrogatepass"), digest_size=16)
        hashed.update(self.concepts.tobytes())
        return hashed.hexdigest()


@dataclass(frozen=True, eq=False)
class RetrieverData:
    """What the retriever is trained on, in all epochs.

    Attributes:
        phrases: the queries from the corpus.
        names: the names to find.
        name_inputs: the tokens of all names.
        tokenizer: the encoder's.
        config: see RetrieverConfig.
        seed: of the order, the draws, the typing errors and dropout.
    """

    phrases: Queries
    names: Names
    name_inputs: Inputs
    tokenizer: TweetTokenizer
    config: RetrieverConfig
    seed: int

    def queries(self, epoch: int) -> Queries:
        """Return the queries of an epoch: all phrases, and randomly drawn names."""
        generator = np.random.default_rng([self.seed, epoch, 0])
        return self.phrases + name_queries(self.names, self.config.name_queries, generator)

    def encode(self, queries: Queries) -> Inputs:
        """Tokenize queries, with their tweets if the settings say so."""
        return encode_queries(self.tokenizer, queries, context=self.config.context)

    def with_typos(self, queries: Queries, epoch: int) -> Queries:
        """Return the queries of an epoch, some of them misspelt."""
        random = Random(f"retriever {self.seed} {epoch}")  # noqa: S311 - reproducible, not secret
        texts = tuple(
            with_typo(text, random) if random.random() < self.config.misspelt else text
            for text in queries.texts
        )
        return Queries(texts, queries.tweets, queries.concepts)


def phrase_queries(phrases: Sequence[CodedPhrase], names: Names, *, repeats: int | None = None) -> Queries:
    """Select the phrases whose PT has a name.

    Args:
        phrases: from a corpus, or from patients.
        names: the names to find.
        repeats: how many phrases that differ only in capitals, if at all, are kept; None keeps all.
    """
    concept_of = {concept.ptid: number for number, concept in enumerate(names.concepts)}
    counts: Counter[tuple[str, str]] = Counter()
    kept: list[CodedPhrase] = []
    for phrase in phrases:
        key = (phrase.text.casefold(), phrase.ptid)
        counts[key] += 1
        if phrase.ptid in concept_of and (repeats is None or counts[key] <= repeats):
            kept.append(phrase)
    return Queries(
        tuple(phrase.text for phrase in kept),
        tuple(phrase.tweet for phrase in kept),
        np.array([concept_of[phrase.ptid] for phrase in kept], dtype=np.int64),
    )


def name_queries(names: Names, most: int, generator: np.random.Generator) -> Queries:
    """Select names whose concept has another name, which can then be the answer.

    Args:
        names: the names to find.
        most: maximum number of names; if there are more, this many are drawn.
        generator: of the draw.
    """
    sizes = np.bincount(names.owners, minlength=len(names.concepts))
    candidates = np.flatnonzero(sizes[names.owners] > 1)
    if len(candidates) > most:
        candidates = np.sort(generator.choice(candidates, most, replace=False))
    texts = tuple(names.names[row] for row in candidates)
    return Queries(texts, ("",) * len(candidates), names.owners[candidates])


def encode_queries(tokenizer: TweetTokenizer, queries: Queries, *, context: bool) -> Inputs:
    """Tokenize queries as `[CLS] phrase [SEP]`, or with their text as `[CLS] phrase [SEP] text [SEP]`.

    Args:
        tokenizer: the encoder's.
        queries: those without a text stand alone in either case.
        context: read the texts.
    """
    encodings = tokenizer.encode(queries.texts)
    with_text = [row for row, text in enumerate(queries.tweets) if context and text]
    pairs = tokenizer.encode_pairs(
        [queries.texts[row] for row in with_text], [queries.tweets[row] for row in with_text]
    )
    for row, pair in zip(with_text, pairs, strict=True):
        encodings[row] = pair
    return Inputs.of(encodings)


def with_typo(text: str, random: Random) -> str:
    """Change a phrase as people type: a typing error in one word, or other capitals.

    Capitals change in half of the cases, and always if no word can have a typing error.
    """
    edits = char_swaps(text, random)
    if not edits or random.random() < 0.5:
        return random.choice(_CAPITALS)(text)
    edit = random.choice(edits)
    return text[: edit.start] + edit.replacement + text[edit.end :]
