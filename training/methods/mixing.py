"""Corpora that are mixed in by share: generated tweets have idioms and unusual drugs that real texts lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from models.encoder import TweetTokenizer
from models.network import CLASSIFIER
from models.terminology import Terminology
from training.corpora import read_split
from training.errors import RunError
from training.examples import CorpusMix, Example, TrainingData
from training.loop import mix_tasks
from training.methods.datasets import Datasets, annotated_tasks
from training.presets import Method
from training.synthetic import generate_tweets

WRITTEN: Final = "written"
"""The name of the generated tweets, as in `--mix written=0.3`."""

# Each epoch draws other tweets, until this many epochs have seen all of them once.
_DISTINCT_EPOCHS: Final = 3
_MOST_TWEETS: Final = 60_000
_FEWEST_TWEETS: Final = 200
# Generated tweets have the share of positives that the corpus has, so that their style does not give the
# class away; but enough to learn effects from.
_LEAST_PREVALENCE: Final = 0.1
_MOST_PREVALENCE: Final = 0.5


def read_mixes(
    mixes: Sequence[str], data: TrainingData, method: Method, *, allow_model_labels: bool = False
) -> TrainingData:
    """Read or generate the corpora of `--mix NAME=SHARE` options.

    Args:
        mixes: each "written=SHARE" or the path of a prepared corpus, with its share of an epoch's texts.
        data: the corpus that they are mixed into; its terminology has the codes of generated tweets.
        method: has the seed of the generated tweets. In its first epochs all of them are different.
        allow_model_labels: mix in corpora that a language model labelled, too.

    Returns:
        The data with its mixes.

    Raises:
        RunError: a share is not between 0 and 1, all shares leave no room for the corpus, a corpus is mixed
            in twice or is empty, or there is no terminology for generated tweets.
        CorpusError: a corpus is missing or malformed.
    """
    if not mixes:
        return data
    shares = [_parse_mix(mix) for mix in mixes]
    names = [name for name, _ in shares]
    if len(set(names)) < len(names):
        raise RunError(f"--mix names {next(n for n in names if names.count(n) > 1)} twice: add up its shares")
    own_share = 1 - sum(share for _, share in shares)
    if own_share <= 0:
        raise RunError(
            f"the shares of --mix add up to {1 - own_share:g}: they must add up to less than 1, to leave "
            "room for the training texts"
        )
    texts = len(data.train) + len(data.unlabelled)
    read = []
    for name, share in shares:
        if name == WRITTEN:
            if data.terminology is None:
                raise RunError(
                    "--mix written needs --terminology: a MedDRA release has the codes of its effects"
                )
            count = round(texts * share / own_share) * min(method.training.epochs, _DISTINCT_EPOCHS)
            examples: Sequence[Example] = _write(data.train, data.terminology, count, method.training.seed)
        else:
            examples = read_split(Path(name), "train", allow_model_labels=allow_model_labels)
        if not examples:
            raise RunError(f"--mix {name}: there are no training texts in it")
        read.append(CorpusMix(name if name == WRITTEN else Path(name).resolve().name, share, tuple(examples)))
    return replace(data, mixes=tuple(read))


def add_mixes(datasets: Datasets, method: Method, data: TrainingData, tokenizer: TweetTokenizer) -> Datasets:
    """Mix the corpora of `data.mixes` into data sets, by their share of an epoch's texts.

    Raises:
        RunError: the method is an ensemble, whose further classifiers draw their texts by themselves.
    """
    if not data.mixes:
        return datasets
    if method.classifiers > 1:
        raise RunError(
            f"--mix does not work with {method.name}, whose further classifiers draw their own texts: choose "
            "a preset with one classifier, such as full"
        )
    if CLASSIFIER.task not in datasets.tasks:
        raise RunError("--mix needs training texts that the other corpus is mixed into")
    mixed = [
        (annotated_tasks(method, mix.examples, datasets.labels, tokenizer), mix.share) for mix in data.mixes
    ]
    notes = [
        f"{mix.share:.0%} of the texts of each epoch are from {mix.name}, which has {len(mix.examples):,}"
        for mix in data.mixes
    ]
    return replace(datasets, tasks=mix_tasks(datasets.tasks, mixed), notes=(*datasets.notes, *notes))


def _parse_mix(text: str) -> tuple[str, float]:
    name, equals, number = text.rpartition("=")
    try:
        share = float(number)
    except ValueError:
        share = -1.0
    if not equals or not name.strip() or not 0 < share < 1:
        raise RunError(
            f"--mix {text!r} is not NAME=SHARE: write written=0.3, or the path of a prepared corpus and its "
            "share of the texts, between 0 and 1"
        )
    return name.strip(), share


def _write(train: Sequence[Example], terminology: Terminology, count: int, seed: int) -> list[Example]:
    count = min(max(count, _FEWEST_TWEETS), _MOST_TWEETS)
    share = sum(example.label for example in train) / len(train) if train else _LEAST_PREVALENCE
    positives = round(count * min(max(share, _LEAST_PREVALENCE), _MOST_PREVALENCE))
    tweets = generate_tweets(terminology, (), positives=positives, negatives=count - positives, seed=seed)
    return tweets.training
