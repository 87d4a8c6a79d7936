"""The data of the default bundle: generated tweets and public corpora, split three ways."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from models.encoder import TweetTokenizer
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER
from models.normalizer import Labels
from models.terminology import Terminology
from training.examples import CodedPhrase, Example
from training.loop import classifier_data, drop_contexts, extractor_data, normalizer_data
from training.methods import Datasets, RetrievalPhrases
from training.presets import Method


@dataclass(frozen=True)
class DataSizes:
    """How many examples are generated or taken.

    Attributes:
        positive_tweets: generated tweets that report an adverse effect.
        negative_tweets: generated tweets that do not.
        extractor_negatives: generated tweets without a span that the Extractor sees, all tokens O.
        formal_positives: sentences of ADE-Corpus-V2 that report one. The Extractor sees them, too.
        formal_negatives: sentences of ADE-Corpus-V2 that do not.
        label_sentences: sentences of drug labels with spans, for the Extractor only.
        review_sentences: sentences of patients' reviews, with the drug as context.
        held_out: share of the corpora's documents kept for validation, and again for test, in [0, 0.5).
    """

    positive_tweets: int = 12_000
    negative_tweets: int = 20_000
    extractor_negatives: int = 2_000
    formal_positives: int = 1_500
    formal_negatives: int = 2_000
    label_sentences: int = 800
    review_sentences: int = 10_000
    held_out: float = 0.08

    def scaled(self, share: float) -> DataSizes:
        """Return the sizes times `share`, but at least 30 examples of each kind."""
        counts = {
            field.name: max(30, round(getattr(self, field.name) * share))
            for field in fields(self)
            if type(getattr(self, field.name)) is int
        }
        return replace(self, **counts)


@dataclass(frozen=True)
class BundleData:
    """What the default bundle is trained on, validated with, and evaluated on.

    Attributes:
        classifier: texts of subtask 1a.
        extractor: texts of subtask 1b.
        normalizer: phrases of subtask 1c, including names of the terminology.
        phrases: the same without these names: what the retriever learns from.
        labels: the Normalizer's classes: PTs with enough phrases and names.
        terminology: its names teach the Normalizer.
        valid: validation tweets.
        valid_reviews: validation sentences of patients' reviews. Together with the tweets they choose the
            best epoch and the threshold: what suits one kind of language only would not suit a stream.
        valid_phrases: spans of these tweets and of held-out drug labels, to which the fusions are fitted.
        test: tweets that share no template, written tweet or phrase with other tweets, and no phrase with
            the patients' own. Some phrases (4%) also occur in drug labels that the Normalizer learns from.
        blind: tweets that were composed without sight of any of the others.
        stream: posts that imitate what a search for names of medicines finds, with 7% positives, composed in
            the same way.
        stream_positives: more positives of the same kinds.
        sentences: test sentences of ADE-Corpus-V2, from reports that are not trained on.
        reviews: test sentences of patients' reviews that are not trained on.
        label_phrases: distinct spans of drug labels that are neither trained on nor validated with. The words
            of many of them also occur in other labels.
    """

    classifier: list[Example]
    extractor: list[Example]
    normalizer: list[CodedPhrase]
    phrases: list[CodedPhrase]
    labels: Labels
    terminology: Terminology
    valid: list[Example]
    valid_reviews: list[Example]
    valid_phrases: list[CodedPhrase]
    test: list[Example]
    blind: list[Example]
    stream: list[Example]
    stream_positives: list[Example]
    sentences: list[Example]
    reviews: list[Example]
    label_phrases: list[CodedPhrase]

    def datasets(self, tokenizer: TweetTokenizer, method: Method) -> Datasets:
        """Return what the networks and the retriever are trained on."""
        reads = method.reads_context
        classifier, extractor = self.classifier, self.extractor
        if reads:
            share, seed = method.context_dropout, method.training.seed
            classifier = drop_contexts(classifier, share, seed=seed)
            extractor = drop_contexts(extractor, share, seed=seed)
        return Datasets(
            labels=self.labels,
            tasks={
                CLASSIFIER.task: classifier_data(classifier, tokenizer, reads_context=reads),
                EXTRACTOR.task: extractor_data(extractor, tokenizer, reads_context=reads),
                NORMALIZER.task: normalizer_data(self.normalizer, self.labels, tokenizer),
            },
            phrases=RetrievalPhrases(self.phrases, self.valid_phrases, self.terminology),
            valid=self.all_valid,
        )

    @property
    def all_valid(self) -> list[Example]:
        """The validation texts of both kinds, which choose the best epoch."""
        return [*self.valid, *self.valid_reviews]

    def counts(self) -> dict[str, int]:
        """Return the number of examples of each kind, for the metrics."""
        return {
            "classifier": len(self.classifier),
            "extractor": len(self.extractor),
            "normalizer": len(self.normalizer),
            "retriever": len(self.phrases),
            "classes": len(self.labels),
            "validation_tweets": len(self.valid),
            "validation_phrases": len(self.valid_phrases),
            "validation_reviews": len(self.valid_reviews),
            "test_sentences": len(self.sentences),
            "test_reviews": len(self.reviews),
        }
