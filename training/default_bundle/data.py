"""The data of the default bundle: generated tweets and public corpora, split three ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from random import Random
from typing import Final

from models.encoder import TweetTokenizer
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER
from models.normalizer import Labels
from models.terminology import Terminology, read_release
from training.corpora import clean_sentences, read_lay_phrases, read_records, split_by_document
from training.default_bundle.further_terms import add_further_terms
from training.examples import CodedPhrase, Example, coded_phrases
from training.loop import classifier_data, extractor_data, normalizer_data, normalizer_labels
from training.methods import Datasets, RetrievalPhrases
from training.synthetic import blind_tweets, generate_tweets

# The Normalizer sees the same phrase at most this many times in an epoch.
_PHRASE_REPEATS: Final = 8
_TEST_SENTENCES: Final = 1_000


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
        held_out: share of the corpora's documents kept for validation, and again for test, in [0, 0.5).
    """

    positive_tweets: int = 12_000
    negative_tweets: int = 20_000
    extractor_negatives: int = 2_000
    formal_positives: int = 1_500
    formal_negatives: int = 2_000
    label_sentences: int = 800
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
        valid: validation tweets, which choose the best epoch and the threshold.
        valid_phrases: spans of these tweets and of held-out drug labels, to which the fusions are fitted.
        test: tweets that share no template, written tweet or phrase with other tweets, and no phrase with
            the patients' own. Some phrases (4%) also occur in drug labels that the Normalizer learns from.
        blind: tweets that were composed without sight of any of the others.
        sentences: test sentences of ADE-Corpus-V2, from reports that are not trained on.
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
    valid_phrases: list[CodedPhrase]
    test: list[Example]
    blind: list[Example]
    sentences: list[Example]
    label_phrases: list[CodedPhrase]

    def datasets(self, tokenizer: TweetTokenizer) -> Datasets:
        """Return what the networks and the retriever are trained on."""
        return Datasets(
            labels=self.labels,
            tasks={
                CLASSIFIER.task: classifier_data(self.classifier, tokenizer),
                EXTRACTOR.task: extractor_data(self.extractor, tokenizer),
                NORMALIZER.task: normalizer_data(self.normalizer, self.labels, tokenizer),
            },
            phrases=RetrievalPhrases(self.phrases, self.valid_phrases, self.terminology),
            valid=self.valid,
        )

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
            "test_sentences": len(self.sentences),
        }


def gather_data(
    corpora: Path, terminology: Path, sizes: DataSizes, *, seed: int, fewest: int = 1
) -> BundleData:
    """Read the corpora, generate the tweets, and combine both.

    Args:
        corpora: folder of the three corpus files.
        terminology: folder of the MedDRA release.
        sizes: of the data.
        seed: of the tweets, the split and the samples.
        fewest: number of phrases and names that a PT needs to be a class of the Normalizer.

    Raises:
        CorpusError: a file is missing or malformed.
        TerminologyError: a file of the terminology is.
    """
    release = add_further_terms(read_release(terminology))
    lay_phrases = read_lay_phrases(corpora / "lay_phrases.tsv")
    tweets = generate_tweets(
        release, lay_phrases, positives=sizes.positive_tweets, negatives=sizes.negative_tweets, seed=seed
    )
    reports = _split_corpus(corpora / "ade_corpus_v2.jsonl", 1, sizes, salt=f"reports {seed}")
    drug_labels = _split_corpus(corpora / "tac2017_train.jsonl", 2, sizes, salt=f"labels {seed}")
    random = Random(f"default data {seed}")  # noqa: S311 - reproducible, not secret
    positive_reports = _sample([e for e in reports.train if e.spans], sizes.formal_positives, random)
    negative_reports = _sample([e for e in reports.train if not e.label], sizes.formal_negatives, random)
    positive_tweets = [e for e in tweets.training if e.spans]
    negative_tweets = [e for e in tweets.training if not e.label]
    other_phrases = [*lay_phrases, *coded_phrases(drug_labels.train)]
    phrases = _limit_repeats(
        [
            *coded_phrases(positive_tweets),
            *(phrase for phrase in other_phrases if not tweets.is_held_back(phrase.text)),
        ]
    )
    with_names = [*phrases, *(CodedPhrase(llt.name, llt.ptid) for llt in release.llts)]
    return BundleData(
        classifier=[*tweets.training, *positive_reports, *negative_reports],
        extractor=[
            *positive_tweets,
            *_sample(negative_tweets, sizes.extractor_negatives, random),
            *positive_reports,
            *_sample([e for e in drug_labels.train if e.spans], sizes.label_sentences, random),
        ],
        normalizer=_limit_repeats(with_names),
        phrases=phrases,
        labels=normalizer_labels(with_names, release.pt_names, fewest=fewest),
        terminology=release,
        valid=tweets.validation,
        valid_phrases=[*_distinct_phrases(tweets.validation), *_distinct_phrases(drug_labels.valid)],
        test=tweets.test,
        blind=blind_tweets(release),
        sentences=_sample(reports.test, _TEST_SENTENCES, random),
        label_phrases=_distinct_phrases(drug_labels.test),
    )


@dataclass(frozen=True)
class _Splits:
    train: list[Example]
    valid: list[Example]
    test: list[Example]


def _split_corpus(path: Path, part: int, sizes: DataSizes, *, salt: str) -> _Splits:
    """Split a corpus by document. Part number `part` of a text's id, between colons, names its document."""

    def document(example: Example) -> str:
        return example.id.split(":")[part]

    examples = clean_sentences(read_records(path))
    rest, valid = split_by_document(examples, document, share=sizes.held_out, salt=salt)
    train, test = split_by_document(rest, document, share=sizes.held_out, salt=f"{salt} test")
    return _Splits(train, valid, test)


def _sample(examples: Sequence[Example], count: int, random: Random) -> list[Example]:
    return random.sample(examples, min(count, len(examples)))


def _distinct_phrases(examples: Sequence[Example]) -> list[CodedPhrase]:
    return list(dict.fromkeys(coded_phrases(examples)))


def _limit_repeats(phrases: Sequence[CodedPhrase]) -> list[CodedPhrase]:
    """Keep the first `_PHRASE_REPEATS` of equal phrases."""
    counts: dict[tuple[str, str], int] = {}
    kept = []
    for phrase in phrases:
        key = (phrase.text.lower(), phrase.ptid)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= _PHRASE_REPEATS:
            kept.append(phrase)
    return kept
