"""Gather the data of the default bundle: generated tweets and public corpora, split three ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from models.terminology import read_release
from training.corpora import clean_sentences, read_lay_phrases, read_records, split_by_document
from training.default_bundle.data import BundleData, DataSizes
from training.default_bundle.further_terms import add_further_terms
from training.examples import CodedPhrase, Example, coded_phrases
from training.loop import normalizer_labels
from training.synthetic import evaluation_posts, generate_tweets

# The Normalizer sees the same phrase at most this many times in an epoch.
_PHRASE_REPEATS: Final = 8
_TEST_SENTENCES: Final = 1_000


def gather_data(
    corpora: Path, terminology: Path, sizes: DataSizes, *, seed: int, fewest: int = 1
) -> BundleData:
    """Read the corpora, generate the tweets, and combine both.

    Args:
        corpora: folder of the four corpus files.
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
    reviews = _split_corpus(corpora / "psytar_train.jsonl", 1, sizes, salt=f"reviews {seed}")
    drug_labels = _split_corpus(corpora / "tac2017_train.jsonl", 2, sizes, salt=f"labels {seed}")
    random = Random(f"default data {seed}")  # noqa: S311 - reproducible, not secret
    positive_reports = _sample([e for e in reports.train if e.spans], sizes.formal_positives, random)
    negative_reports = _sample([e for e in reports.train if not e.label], sizes.formal_negatives, random)
    review_sentences = _sample(reviews.train, sizes.review_sentences, random)
    positive_reviews = [e for e in review_sentences if e.spans]
    positive_tweets = [e for e in tweets.training if e.spans]
    negative_tweets = [e for e in tweets.training if not e.label]
    other_phrases = [*lay_phrases, *coded_phrases(drug_labels.train)]
    phrases = _limit_repeats(
        [
            *coded_phrases([*positive_tweets, *positive_reviews]),
            *(phrase for phrase in other_phrases if not tweets.is_held_back(phrase.text)),
        ]
    )
    with_names = [*phrases, *(CodedPhrase(llt.name, llt.ptid) for llt in release.llts)]
    return BundleData(
        classifier=[*tweets.training, *review_sentences, *positive_reports, *negative_reports],
        extractor=[
            *positive_tweets,
            *_sample(negative_tweets, sizes.extractor_negatives, random),
            *positive_reviews,
            *positive_reports,
            *_sample([e for e in drug_labels.train if e.spans], sizes.label_sentences, random),
        ],
        normalizer=_limit_repeats(with_names),
        phrases=phrases,
        labels=normalizer_labels(with_names, release.pt_names, fewest=fewest),
        terminology=release,
        valid=tweets.validation,
        valid_reviews=reviews.valid,
        valid_phrases=[*_distinct_phrases(tweets.validation), *_distinct_phrases(drug_labels.valid)],
        test=tweets.test,
        blind=evaluation_posts(release, "blind"),
        stream=evaluation_posts(release, "stream"),
        stream_positives=evaluation_posts(release, "stream_positives"),
        sentences=_sample(reports.test, _TEST_SENTENCES, random),
        reviews=reviews.test,
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
