"""The data of the default bundle: tweets that we write, and the shared corpora, on three sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from random import Random

from models.normalizer import Labels
from models.terminology import Terminology, read_release
from training.corpora import clean_sentences, documents_apart, read_lay_phrases, read_records
from training.examples import CodedPhrase, Example, coded_phrases
from training.loop.task_data import normalizer_labels
from training.synthetic import blind_tweets, generate_tweets

# One and the same phrase is shown at most so often to the Normalizer in an epoch.
_PHRASE_REPEATS = 8


@dataclass(frozen=True)
class DataSizes:
    """How many examples are made or taken.

    Attributes:
        positive_tweets: generated tweets that report an adverse effect.
        negative_tweets: generated tweets that do not.
        extractor_negatives: generated tweets without a span that the Extractor sees, all tokens O.
        formal_positives: sentences of ADE-Corpus-V2 that report one; the Extractor sees them too.
        formal_negatives: sentences of ADE-Corpus-V2 that do not.
        label_sentences: sentences of drug labels with spans, for the Extractor alone.
        held_back: share of the corpora's documents kept for validation, and again for test, in [0, 0.5).
    """

    positive_tweets: int = 12_000
    negative_tweets: int = 20_000
    extractor_negatives: int = 2_000
    formal_positives: int = 1_500
    formal_negatives: int = 2_000
    label_sentences: int = 800
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
    """What the default bundle is trained on, chosen by, and judged on.

    Attributes:
        classifier: texts of subtask 1a.
        extractor: texts of subtask 1b.
        normalizer: phrases of subtask 1c; names of the terminology are among them.
        phrases: the same without those names: what the retriever asks.
        labels: the Normalizer's classes, PTs with phrases and names enough.
        terminology: whose names teach the Normalizer.
        valid: validation tweets: they choose epoch and threshold.
        valid_phrases: spans of those tweets and of held-back drug labels: they weigh candidates.
        test: tweets that share no template, written tweet or phrase with other tweets, nor a phrase with the
            patients' own; some phrases (4%) are words of drug labels too, which the Normalizer learns from.
        blind: tweets of somebody who has seen none of the others.
        sentences: test sentences of ADE-Corpus-V2, from reports that are not trained on.
        label_phrases: distinct spans of drug labels that are neither trained on nor chosen by; the words of
            many of them are in other labels too.
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


def gather_data(
    corpora: Path, terminology: Path, sizes: DataSizes, *, seed: int, fewest: int = 1
) -> BundleData:
    """Read the corpora, write the tweets, and put both together.

    Args:
        corpora: folder of the three files.
        terminology: folder of the release.
        sizes: of the data.
        seed: of the tweets, the split and what is drawn.
        fewest: phrases and names that a PT needs to be a class of the Normalizer.

    Raises:
        CorpusError: a file is missing or malformed.
        TerminologyError: one of the terminology is.
    """
    names = read_release(terminology)
    lay_phrases = read_lay_phrases(corpora / "lay_phrases.tsv")
    tweets = generate_tweets(
        names, lay_phrases, positives=sizes.positive_tweets, negatives=sizes.negative_tweets, seed=seed
    )
    reports = _documents(corpora / "ade_corpus_v2.jsonl", 1, sizes, salt=f"reports {seed}")
    drug_labels = _documents(corpora / "tac2017_train.jsonl", 2, sizes, salt=f"labels {seed}")
    rng = Random(f"default data {seed}")  # noqa: S311 - reproducible, not secret
    positive_reports = _some([e for e in reports.train if e.spans], sizes.formal_positives, rng)
    negative_reports = _some([e for e in reports.train if not e.label], sizes.formal_negatives, rng)
    positive_tweets = [e for e in tweets.training if e.spans]
    negative_tweets = [e for e in tweets.training if not e.label]
    phrases = _capped(
        [
            *coded_phrases(positive_tweets),
            *(
                phrase
                for phrase in [*lay_phrases, *coded_phrases(drug_labels.train)]
                if not tweets.is_held_back(phrase.text)
            ),
        ]
    )
    named = [*phrases, *(CodedPhrase(llt.name, llt.ptid) for llt in names.llts)]
    return BundleData(
        classifier=[*tweets.training, *positive_reports, *negative_reports],
        extractor=[
            *positive_tweets,
            *_some(negative_tweets, sizes.extractor_negatives, rng),
            *positive_reports,
            *_some([e for e in drug_labels.train if e.spans], sizes.label_sentences, rng),
        ],
        normalizer=_capped(named),
        phrases=phrases,
        labels=normalizer_labels(named, names.pt_names, fewest=fewest),
        terminology=names,
        valid=tweets.validation,
        valid_phrases=[*_distinct(tweets.validation), *_distinct(drug_labels.valid)],
        test=tweets.test,
        blind=blind_tweets(names),
        sentences=_some(reports.test, 1_000, rng),
        label_phrases=_distinct(drug_labels.test),
    )


@dataclass(frozen=True)
class _Sides:
    train: list[Example]
    valid: list[Example]
    test: list[Example]


def _documents(path: Path, part: int, sizes: DataSizes, *, salt: str) -> _Sides:
    """Divide a corpus by its documents, which the ids of its texts name in one of their parts."""

    def document(example: Example) -> str:
        return example.id.split(":")[part]

    examples = clean_sentences(read_records(path))
    rest, valid = documents_apart(examples, document, share=sizes.held_back, salt=salt)
    train, test = documents_apart(rest, document, share=sizes.held_back, salt=f"{salt} test")
    return _Sides(train, valid, test)


def _some(examples: Sequence[Example], count: int, rng: Random) -> list[Example]:
    return rng.sample(examples, min(count, len(examples)))


def _distinct(examples: Sequence[Example]) -> list[CodedPhrase]:
    return list(dict.fromkeys(coded_phrases(examples)))


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
