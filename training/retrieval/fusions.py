"""Both fusions of a network, fitted on phrases that it has not learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, Literal

import numpy as np

from models.bundle.dictionary import Dictionary
from models.normalizer.candidates import CandidateFinder
from models.normalizer.classes import lifted
from models.normalizer.fusion import BY_HAND, Fusion
from models.normalizer.labels import Labels
from models.normalizer.ranking import class_concepts
from models.normalizer.reading import SpanInText, SpanReader
from training.examples import CodedPhrase
from training.retrieval.answered import Answered
from training.retrieval.fusion_fit import FittedFusion, fit_fusion
from training.retrieval.misspelling import as_typed

# Share of the phrases that are asked misspelt, or in other capitals, as well.
_TYPED: Final = 1 / 3

Searching = Literal["retrieval", "hybrid"]


@dataclass(frozen=True)
class FittedFusions:
    """Fusions for a bundle.

    Attributes:
        fusions: as `Retrieval.fusions` wants them.
        fits: how they were fitted; None where there was nothing to fit them on, and those set by hand serve.
    """

    fusions: Mapping[Searching, Fusion]
    fits: Mapping[Searching, FittedFusion] | None

    def to_json(self) -> dict[str, Any]:
        """Give the figures of the fits, JSON-ready."""
        return {name: fit.to_json() for name, fit in (self.fits or {}).items()}


def fit_fusions(
    reader: SpanReader,
    labels: Labels,
    dictionaries: Sequence[Dictionary],
    phrases: Sequence[CodedPhrase],
    *,
    seed: int = 1,
) -> FittedFusions:
    """Fit the weights of retrieval and of hybrid by the likelihood of held-back phrases.

    Each phrase is asked as it stands, and a third of them once more as people type: in well-written texts
    vectors alone do so well that letters would weigh nothing, and misspelt words be lost.

    The phrases are searched in each of the dictionaries and count once for each, since a bundle that is
    made with the names of its labels may be given a release later: the same weights must serve both. A
    phrase whose PT a dictionary does not have teaches when none of the candidates is to be believed.

    Args:
        reader: the finished network, its retriever included; with `context` or `retrieval_context` the
            phrases' own are read.
        labels: classes of the network's Normalizer.
        dictionaries: one or more, with the vectors that the network gives their names.
        phrases: with PTs; neither the classifier nor the retriever has learned from them.
        seed: of the typing errors.
    """
    if not phrases or not dictionaries:
        return FittedFusions({"retrieval": BY_HAND["retrieval"], "hybrid": BY_HAND["hybrid"]}, None)
    random = Random(f"fusions {seed}")  # noqa: S311 - reproducible, not secret
    typed = [
        replace(phrase, text=as_typed(phrase.text, random)) for phrase in phrases if random.random() < _TYPED
    ]
    answered = answers(reader, labels, dictionaries, [*phrases, *typed])
    fits: dict[Searching, FittedFusion] = {
        kind: fit_fusion(own, BY_HAND[kind], classes=kind == "hybrid") for kind, own in answered.items()
    }
    return FittedFusions({kind: fit.fusion for kind, fit in fits.items()}, fits)


def answers(
    reader: SpanReader, labels: Labels, dictionaries: Sequence[Dictionary], phrases: Sequence[CodedPhrase]
) -> dict[Searching, list[Answered]]:
    """Find the candidates of phrases in each dictionary, as the pipeline would.

    Args:
        reader: the network.
        labels: classes of its Normalizer; where there are none, a hybrid is retrieval.
        dictionaries: names with their vectors.
        phrases: with their PTs; codes of LLTs are lifted where the dictionary is a release.

    Returns:
        For each kind of search one for each dictionary.
    """
    texts = [phrase.text for phrase in phrases]
    spans = [SpanInText(phrase.text, phrase.context or phrase.text) for phrase in phrases]
    if len(labels):
        vectors, log_classes = reader.vectors_and_log_classes(spans)
    else:
        vectors, log_classes = reader.vectors(spans), None
    found: dict[Searching, list[Answered]] = {"retrieval": [], "hybrid": []}
    for dictionary in dictionaries:
        concepts = dictionary.index.names.concepts
        classes = class_concepts(lifted(labels, dictionary.terminology), concepts)
        finder = CandidateFinder(dictionary.index, reader.engine.device, classes)
        lift = dictionary.terminology.pt_of if dictionary.terminology else lambda code: code
        places = {concept.ptid: place for place, concept in enumerate(concepts)}
        right = np.array([places.get(lift(phrase.ptid) or "", -1) for phrase in phrases], dtype=np.int64)
        found["retrieval"].append(Answered(finder.find(texts, vectors), right))
        found["hybrid"].append(Answered(finder.find(texts, vectors, log_classes), right))
    return found
