"""Algorithm 2 of the paper, plain and slow: one tweet at a time. The engine must agree with it.

What the product does for speed is left out: no batches, no padding, nothing shared between the heads, no
layer at [CLS] alone, offsets with every text. It takes trained weights and nothing of `models.runtime`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from tokenizers import Tokenizer

from models.bundle import Bundle, Options, Thresholds
from models.network.multitask import MultiTaskNetwork
from models.network.vote import Decision
from models.normalizer import BEST, CandidateFinder, Fusion, Label, concepts_of_classes, lift_labels
from models.predictions import Candidate, Mention, TweetPrediction
from models.scoring.decode import ExtractedSpan, decode_spans
from tests.reference_network import ReferenceNetwork, ReferenceTokenizer


@dataclass(frozen=True, eq=False)
class Search:
    """What retrieval has beside the network.

    Attributes:
        finder: of candidates among the names.
        fusion: the weights of what speaks for a candidate.
        context: whether the retriever reads the tweet beside the span.
        hears_classes: whether the classifier has a say (hybrid).
    """

    finder: CandidateFinder
    fusion: Fusion
    context: bool
    hears_classes: bool

    @classmethod
    def of(cls, bundle: Bundle) -> Self | None:
        """Make it of a bundle; None where the classifier alone codes."""
        parts, dictionary = bundle.config.retrieval, bundle.dictionary
        if parts is None or dictionary is None or parts.choice == "classifier":
            return None
        is_hybrid = parts.choice == "hybrid"
        classes = lift_labels(bundle.labels, dictionary.terminology) if is_hybrid else ()
        concepts = concepts_of_classes(classes, dictionary.index.names.concepts)
        finder = CandidateFinder(dictionary.index, torch.device("cpu"), concepts)
        return cls(finder, parts.fusions[parts.choice], parts.context, is_hybrid)


@dataclass(frozen=True)
class Judged:
    """What Algorithm 2 makes of a tweet.

    Attributes:
        prediction: the outcome.
        adverse: for each token the probability of AE; None where the Extractor was not asked.
    """

    prediction: TweetPrediction
    adverse: tuple[float, ...] | None


class Reference:
    """Algorithm 2; a `Scorer`.

    Args:
        network: fp32, on the CPU, in eval mode.
        tokenizer: the encoder's.
        classes: of the Normalizer; None for those that the release has not.
        max_tokens: where texts are cut.
        thresholds: probabilities from which the Classifier and the Normalizer are believed.
        options: lines 10 and 12.
        decision: how the classifiers' logits become one probability.
        search: None where the classifier alone codes the spans.
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
        """Take all from a bundle."""
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

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Run Algorithm 2 on each text (line 5)."""
        return [self.judge(text).prediction for text in texts]

    def judge(self, text: str) -> Judged:
        """Run Algorithm 2 on one text (lines 6 to 15)."""
        encoding = self.tokenizer.text(text)
        votes = self.network.votes(encoding)  # line 6, the Classifier: [classifiers, 2]
        probability = float(self._decision.probability(votes[:, None])[0])
        if probability < self.thresholds.classifier:
            return Judged(TweetPrediction("NoADE", probability), None)
        adverse = self.network.adverse(encoding)  # line 8, the Extractor
        mentions = tuple(self._mention(text, span) for span in decode_spans(text, encoding, adverse))
        if not mentions and self.options.feedback:  # line 12
            return Judged(TweetPrediction("NoADE", probability), adverse)
        return Judged(TweetPrediction("ADE", probability, mentions), adverse)

    def _mention(self, text: str, span: ExtractedSpan) -> Mention:
        said = text[span.start : span.end]
        place = (span.start, span.end, said, span.score)
        candidates = self.rank(said, text)[:BEST]  # line 10, the Normalizer
        if not candidates or candidates[0].score < self.thresholds.normalizer:
            return Mention(*place, None, None, None, tuple(candidates))
        best, *others = candidates
        return Mention(*place, best.ptid, best.pt_name, best.score, tuple(others))

    def rank(self, span: str, tweet: str) -> list[Candidate]:
        """Weigh all candidates of a span, best first (line 10; the tweet is read or not, an option)."""
        read = self.tokenizer.span(span, tweet, context=self.options.context)
        log_classes = self.network.log_classes(read)
        scores: dict[Label, float] = {}
        if self._search is None:
            for label, probability in zip(self._classes, log_classes.exp().tolist(), strict=True):
                if label is not None:  # several classes may have become one PT
                    scores[label] = scores.get(label, 0.0) + probability
        else:
            search = self._search
            vector = self.network.vector(self.tokenizer.span(span, tweet, context=search.context))
            heard = log_classes[None] if search.hears_classes else None
            table = search.finder.find([span], vector[None], heard)
            weighed = search.fusion.probabilities(table)[0].tolist()
            for place, probability in zip(table.concepts[0].tolist(), weighed, strict=True):
                if place >= 0:
                    scores[search.finder.concepts[place]] = probability
        found = [Candidate(label.ptid, label.pt_name, score) for label, score in scores.items()]
        return sorted(found, key=lambda candidate: -candidate.score)
