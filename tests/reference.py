"""Algorithm 2 of the paper, plain and slow: one tweet at a time. The pipeline must agree with it.

It does nothing for speed: no batches, no padding, nothing shared between the heads, no layer at [CLS] alone.
It takes trained weights, and uses nothing of `models.runtime`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from tokenizers import Tokenizer

from models.bundle import Bundle, Options, Thresholds
from models.network import Decision, MultiTaskNetwork
from models.normalizer import BEST, CandidateFinder, Fusion, Label, concepts_of_classes, lift_labels
from models.predictions import Candidate, Mention, TweetPrediction
from models.scoring import ExtractedSpan, decode_spans, read_words
from tests.reference_network import ReferenceNetwork, ReferenceTokenizer


@dataclass(frozen=True, eq=False)
class Search:
    """What retrieval needs in addition to the network.

    Attributes:
        finder: of candidates among the names.
        fusion: the weights of the features of a candidate.
        context: whether the retriever reads the tweet with the span.
        uses_classes: whether the classifier is one of the features (hybrid).
    """

    finder: CandidateFinder
    fusion: Fusion
    context: bool
    uses_classes: bool

    @classmethod
    def of(cls, bundle: Bundle) -> Self | None:
        """Return the search of a bundle; None if the classifier alone codes."""
        parts, dictionary = bundle.config.retrieval, bundle.dictionary
        if parts is None or dictionary is None or parts.choice == "classifier":
            return None
        is_hybrid = parts.choice == "hybrid"
        classes = lift_labels(bundle.labels, dictionary.terminology) if is_hybrid else ()
        concepts = concepts_of_classes(classes, dictionary.index.names.concepts)
        finder = CandidateFinder(dictionary.index, torch.device("cpu"), concepts)
        return cls(finder, parts.fusions[parts.choice], parts.context, is_hybrid)


@dataclass(frozen=True)
class ReferenceScores:
    """The results of Algorithm 2 for a tweet.

    Attributes:
        prediction: the final result.
        token_probabilities: for each token the probability of AE; None if the Extractor was not run.
    """

    prediction: TweetPrediction
    token_probabilities: tuple[float, ...] | None


class Reference:
    """Algorithm 2; a `Scorer`.

    Args:
        network: fp32, on the CPU, in eval mode.
        tokenizer: the encoder's.
        classes: of the Normalizer; None for those that the release does not have.
        max_tokens: most tokens of a text; the rest is cut off.
        thresholds: of the Classifier and the Normalizer.
        options: lines 10 and 12.
        decision: how one probability is computed from the classifiers' logits.
        search: None if the classifier alone codes the spans.
    """

    version = "reference"

    def __init__(
        self,
        network: MultiTaskNetwork,
        tokenizer: Tokenizer,
        classes: Sequence[Label | None],
        *,
        max_tokens: int,
        thresholds: Thresholds,
        options: Options,
        decision: Decision | None = None,
        search: Search | None = None,
    ) -> None:
        self.network = ReferenceNetwork(network)
        self.tokenizer = ReferenceTokenizer(tokenizer, max_tokens)
        self.thresholds = thresholds
        self.options = options
        self._decision = decision or Decision()
        self._classes = classes
        self._search = search

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Return the reference for a bundle."""
        config, dictionary = bundle.config, bundle.dictionary
        return cls(
            bundle.network,
            bundle.tokenizer,
            lift_labels(bundle.labels, dictionary.terminology if dictionary else None),
            max_tokens=config.max_tokens,
            thresholds=config.effective_thresholds,
            options=config.options,
            decision=config.decision,
            search=Search.of(bundle),
        )

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        """Run Algorithm 2 on each text (line 5)."""
        return [self.score_text(text).prediction for text in texts]

    def score_text(self, text: str) -> ReferenceScores:
        """Run Algorithm 2 on one text (lines 6 to 15)."""
        encoding = self.tokenizer.text(text)
        votes = self.network.votes(encoding)  # line 6, the Classifier: [classifiers, 2]
        probability = float(self._decision.probability(votes[:, None])[0])
        if probability < self.thresholds.classifier:
            return ReferenceScores(TweetPrediction("NoADE", probability, reason="improbable"), None)
        token_probabilities = self.network.token_probabilities(encoding)  # line 8, the Extractor
        words = read_words(text, encoding, token_probabilities)
        mentions = tuple(self._mention(text, span) for span in decode_spans(text, words))
        if not mentions and self.options.feedback:  # line 12
            return ReferenceScores(TweetPrediction("NoADE", probability), token_probabilities)
        return ReferenceScores(TweetPrediction("ADE", probability, mentions), token_probabilities)

    def _mention(self, text: str, span: ExtractedSpan) -> Mention:
        span_text = text[span.start : span.end]
        extracted = (span.start, span.end, span_text, span.score)
        candidates = self.rank(span_text, text)[:BEST]  # line 10, the Normalizer
        if not candidates or candidates[0].score < self.thresholds.normalizer:
            return Mention(*extracted, None, None, None, tuple(candidates))
        best, *others = candidates
        return Mention(*extracted, best.ptid, best.pt_name, best.score, tuple(others))

    def rank(self, span: str, tweet: str) -> list[Candidate]:
        """Return all candidates of a span, best first (line 10; whether the tweet is read is an option)."""
        encoding = self.tokenizer.span(span, tweet, context=self.options.context)
        log_classes = self.network.log_classes(encoding)
        scores: dict[Label, float] = {}
        if self._search is None:
            for label, probability in zip(self._classes, log_classes.exp().tolist(), strict=True):
                if label is not None:  # several classes may have become one PT
                    scores[label] = scores.get(label, 0.0) + probability
        else:
            search = self._search
            vector = self.network.vector(self.tokenizer.span(span, tweet, context=search.context))
            used_classes = log_classes[None] if search.uses_classes else None
            table = search.finder.find([span], vector[None], used_classes)
            probabilities = search.fusion.probabilities(table)[0].tolist()
            for concept, probability in zip(table.concepts[0].tolist(), probabilities, strict=True):
                if concept >= 0:
                    scores[search.finder.concepts[concept]] = probability
        candidates = [Candidate(label.ptid, label.pt_name, score) for label, score in scores.items()]
        return sorted(candidates, key=lambda candidate: -candidate.score)
