"""Accuracy of the Normalizer on phrases by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from training.examples import CodedPhrase

if TYPE_CHECKING:
    from models.labels import Labels
    from models.network import MultiTaskNetwork
    from models.tokenization import TweetTokenizer

_TOKEN_BUDGET = 2_048


def phrase_accuracy(
    network: MultiTaskNetwork, tokenizer: TweetTokenizer, labels: Labels, phrases: Sequence[CodedPhrase]
) -> float:
    """Give the share of phrases whose likeliest PT is the annotated one; 0 where there are no phrases.

    A PT that is no class of the network can't be right, and counts as wrong.
    """
    if not phrases:
        return 0.0
    from models.forward import normalize
    from models.tokenization import batches

    encodings = tokenizer.encode([phrase.text for phrase in phrases])
    hits = 0
    for batch in batches(encodings, token_budget=_TOKEN_BUDGET):
        for row, ranking in zip(batch.rows, normalize(network, batch, best=1), strict=True):
            hits += labels[ranking[0].index].ptid == phrases[row].ptid
    return hits / len(phrases)
