"""The data of the default bundle: tweets that we write, and the shared corpora, split for validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from random import Random

from models.labels import Labels
from training.corpora import (
    clean_sentences,
    documents_apart,
    read_lay_phrases,
    read_records,
    read_terminology,
)
from training.engine.taskdata import normalizer_labels
from training.examples import CodedPhrase, Example, coded_phrases
from training.tweets import generate_tweets

# One and the same phrase is shown at most so often to the Normalizer in an epoch.
_PHRASE_REPEATS = 8


@dataclass(frozen=True)
class DataSizes:
    """How many examples are made or taken.

    Attributes:
        positive_tweets: written tweets that report an adverse effect.
        negative_tweets: written tweets that do not.
        extractor_negatives: written tweets without a span that the Extractor sees, all tokens O.
        formal_positives: sentences of ADE-Corpus-V2 that report one; the Extractor sees them too.
        formal_negatives: sentences of ADE-Corpus-V2 that do not.
        label_sentences: sentences of drug labels with spans, for the Extractor alone.
        names: whether the names of the terminology teach the Normalizer.
        held_back: share of the corpora's documents kept for validation, in [0, 1).
    """

    positive_tweets: int = 12_000
    negative_tweets: int = 20_000
    extractor_negatives: int = 2_000
    formal_positives: int = 1_500
    formal_negatives: int = 2_000
    label_sentences: int = 800
    names: bool = True
    held_back: float = 0.08

    def scaled(self, share: float) -> DataSizes:
        """Give the same with a share of the examples that are made or taken, at least 30 of each kind."""
        counts = {
            field.name: max(30, round(getattr(self, field.name) * share))
            for field in fields(self)
            if type(getattr(self, field.name)) is int
        }
        return replace(self, **counts)


@dataclass(frozen=True)
class BundleData:
    """What a training takes and what it is judged on.

    Attributes:
        classifier: texts of subtask 1a.
        extractor: texts of subtask 1b.
        normalizer: phrases of subtask 1c.
        labels: the Normalizer's classes.
        tweets: validation tweets; neither their templates nor their phrases are trained on.
        sentences: validation sentences of ADE-Corpus-V2, from reports that are not trained on.
        label_phrases: validation spans of drug labels that are not trained on.
    """

    classifier: list[Example]
    extractor: list[Example]
    normalizer: list[CodedPhrase]
    labels: Labels
    tweets: list[Example]
    sentences: list[Example]
    label_phrases: list[CodedPhrase]


def gather(corpora: Path, terminology: Path, sizes: DataSizes, *, seed: int) -> BundleData:
    """Read the corpora, write the tweets, and put both together.

    Raises:
        CorpusError: a file is missing or malformed.
    """
    names = read_terminology(terminology)
    lay_phrases = read_lay_phrases(corpora / "lay_phrases.tsv")
    tweets = generate_tweets(
        names, lay_phrases, positives=sizes.positive_tweets, negatives=sizes.negative_tweets, seed=seed
    )
    reports, reports_held = documents_apart(
        clean_sentences(read_records(corpora / "ade_corpus_v2.jsonl")),
        lambda example: example.id.split(":")[1],
        share=sizes.held_back,
        salt=f"reports {seed}",
    )
    drug_labels, labels_held = documents_apart(
        clean_sentences(read_records(corpora / "tac2017_train.jsonl")),
        lambda example: example.id.split(":")[2],
        share=sizes.held_back,
        salt=f"labels {seed}",
    )
    rng = Random(f"default data {seed}")  # noqa: S311 - reproducible, not secret
    positive_reports = _some([e for e in reports if e.spans], sizes.formal_positives, rng)
    negative_reports = _some([e for e in reports if not e.label], sizes.formal_negatives, rng)
    positive_tweets = [e for e in tweets.training if e.spans]
    negative_tweets = [e for e in tweets.training if not e.label]
    unseen = {p.text for p in coded_phrases(tweets.validation)}
    phrases = _capped(
        [
            *coded_phrases(positive_tweets),
            *(phrase for phrase in lay_phrases if phrase.text not in unseen),
            *coded_phrases(drug_labels),
            *(names.llts if sizes.names else ()),
        ]
    )
    return BundleData(
        classifier=[*tweets.training, *positive_reports, *negative_reports],
        extractor=[
            *positive_tweets,
            *_some(negative_tweets, sizes.extractor_negatives, rng),
            *positive_reports,
            *_some([e for e in drug_labels if e.spans], sizes.label_sentences, rng),
        ],
        normalizer=phrases,
        labels=normalizer_labels(phrases, names.pt_names),
        tweets=tweets.validation,
        sentences=_some(reports_held, 1_000, rng),
        label_phrases=list(dict.fromkeys(coded_phrases(labels_held))),
    )


def _some(examples: Sequence[Example], count: int, rng: Random) -> list[Example]:
    return rng.sample(examples, min(count, len(examples)))


def _capped(phrases: Sequence[CodedPhrase]) -> list[CodedPhrase]:
    """Keep the first few of equal phrases."""
    seen: dict[tuple[str, str], int] = {}
    kept = []
    for phrase in phrases:
        key = (phrase.text.lower(), phrase.ptid)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= _PHRASE_REPEATS:
            kept.append(phrase)
    return kept
