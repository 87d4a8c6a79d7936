"""Active learning: which mentions teach the model most.

Each candidate has a gain, the mean of its uncertainty and its value:

    uncertainty   of the model, in [0, 1]: see `monitor.store.reviews.review_candidates`
    value         mean of three numbers: 1 if the post is serious, 1 if the effect is unlisted, and
                  1 / number of candidates with its drug and PT: rare pairs are worth more

They are chosen one after the other: always the one with the largest `gain - DIVERSITY * similarity`, where
the similarity is the largest cosine to a text that was chosen before. That is maximal marginal relevance
(Carbonell & Goldstein, SIGIR 1998), with a gain in place of the relevance to a query. Texts are vectors of
words and pairs of words, weighted by tf-idf, as fractions of their length.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from monitor.store.reviews import ReviewCandidate

DIVERSITY: Final = 0.5
"""How much a copy of a chosen text loses, in units of the gain."""

_WORD: Final = re.compile(r"\w+")


def choose_active(candidates: Sequence[ReviewCandidate], count: int) -> list[int]:
    """Return the positions of the candidates to review, the best first.

    Args:
        candidates: in any order; the earlier of two equal ones wins.
        count: number of candidates to choose.
    """
    if not candidates:
        return []
    gains = gains_of(candidates)
    vectors = text_vectors([candidate.text for candidate in candidates])
    similarity = np.zeros(len(candidates))
    waiting = np.ones(len(candidates), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(count, len(candidates))):
        scores = np.where(waiting, gains - DIVERSITY * similarity, -np.inf)
        best = int(np.argmax(scores))
        chosen.append(best)
        waiting[best] = False
        cosines = (vectors @ vectors[best].T).toarray().ravel()
        similarity = np.maximum(similarity, cosines)
    return chosen


def gains_of(candidates: Sequence[ReviewCandidate]) -> npt.NDArray[np.float64]:
    """Return the gain of each candidate, in [0, 1], as an array [candidates]."""
    pairs = Counter((candidate.drug, candidate.ptid) for candidate in candidates)
    value = [
        (candidate.is_serious + candidate.is_unlisted + 1 / pairs[candidate.drug, candidate.ptid]) / 3
        for candidate in candidates
    ]
    uncertainty = [candidate.uncertainty for candidate in candidates]
    gains: npt.NDArray[np.float64] = (np.asarray(uncertainty) + np.asarray(value)) / 2
    return gains


def text_vectors(texts: Sequence[str]) -> Any:
    """Return the tf-idf of words and pairs of words, rows of length 1, as a sparse matrix [texts, terms].

    A term in n of N texts weighs (1 + log tf) * (1 + log((1 + N) / (1 + n))). A text without words is a row
    of zeros.
    """
    terms: dict[str, int] = {}
    rows, columns, counts = [], [], []
    for row, text in enumerate(texts):
        for term, count in Counter(_terms(text)).items():
            rows.append(row)
            columns.append(terms.setdefault(term, len(terms)))
            counts.append(1 + np.log(count))
    matrix = sparse.csr_array((counts, (rows, columns)), shape=(len(texts), max(1, len(terms))))
    in_texts = np.bincount(columns, minlength=matrix.shape[1])
    weighted = matrix.multiply(1 + np.log((1 + len(texts)) / (1 + in_texts))).tocsr()
    lengths = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    return sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)).tocsr() @ weighted


def _terms(text: str) -> list[str]:
    words = _WORD.findall(text.casefold())
    return words + [f"{first} {second}" for first, second in pairwise(words)]
