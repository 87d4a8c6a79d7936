"""From annotated texts to what Algorithm 1 reads: the Normalizer's classes, and D_1, D_2, D_3 (section 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from models.encoder.tokenization import TweetTokenizer
from models.network.heads import Task
from models.normalizer import Labels
from training.errors import RunError
from training.examples import Example, TrainingData, coded_phrases
from training.loop.task_data import (
    TaskData,
    classifier_data,
    extractor_data,
    normalizer_data,
    normalizer_labels,
)
from training.presets import Method


@dataclass(frozen=True)
class Datasets:
    """What the networks of a method are trained on.

    Attributes:
        labels: classes of the Normalizer; none where no PTID has enough training spans.
        tasks: D_1, D_2 and D_3; a task without examples is left out.
        notes: what a user should know about them: what was left out, and why.
    """

    labels: Labels
    tasks: Mapping[Task, TaskData]
    notes: tuple[str, ...]


def prepare_datasets(method: Method, data: TrainingData, tokenizer: TweetTokenizer) -> Datasets:
    """Choose the classes and put the examples of each task together.

    Raises:
        RunError: there are no texts, or none that reports an adverse effect: nothing can be learnt.
    """
    _require_both_classes("training", data.train)
    if not data.valid:
        raise RunError("there are no validation texts: choose the best epoch by a file with some (--valid)")
    notes: list[str] = []
    phrases = coded_phrases(data.train, context=method.context)
    labels = normalizer_labels(
        phrases, _pt_names(data, {phrase.ptid for phrase in phrases}, notes), fewest=method.fewest_examples
    )
    with_spans = [example for example in data.train if example.spans]
    spanless = sum(example.label for example in data.train) - len(with_spans)
    if spanless:
        notes.append(f"{spanless:,} positive training texts have no span: the Extractor does not see them")
    sets: dict[Task, TaskData] = {
        "1a": classifier_data(data.train, tokenizer),
        "1b": extractor_data([*with_spans, *_negatives(method, data.train, len(with_spans))], tokenizer),
        "1c": normalizer_data(phrases, labels, tokenizer),
    }
    spans = sum(len(example.spans) for example in with_spans)
    notes += _told_coverage(method, spans=spans, coded=len(phrases), covered=len(sets["1c"]), labels=labels)
    return Datasets(labels, {task: rows for task, rows in sets.items() if len(rows)}, tuple(notes))


def _require_both_classes(what: str, examples: Sequence[Example]) -> None:
    positives = sum(example.label for example in examples)
    if not positives or positives == len(examples):
        raise RunError(
            f"of the {len(examples):,} {what} texts {positives:,} report an adverse effect: "
            "the Classifier needs some that do and some that do not"
        )


def _pt_names(data: TrainingData, ptids: set[str], notes: list[str]) -> dict[str, str]:
    """Name each PT: by the terminology, else by the corpus, else by its code."""
    corpus = {span.ptid: span.pt_name for example in data.train for span in example.spans if span.pt_name}
    names = {ptid: data.pt_names.get(ptid) or corpus.get(ptid) or ptid for ptid in ptids}
    nameless = sum(name == ptid for ptid, name in names.items())
    if nameless:
        notes.append(
            f"{nameless:,} of {len(ptids):,} PTs have no name in the corpus: their codes stand in for it; "
            "--terminology names them"
        )
    return names


def _negatives(method: Method, examples: Sequence[Example], positives: int) -> list[Example]:
    negatives = [example for example in examples if not example.label]
    wanted = min(len(negatives), round(method.extractor_negatives * positives))
    rng = Random(f"extractor negatives {method.training.seed}")  # noqa: S311 - reproducible, not secret
    return rng.sample(negatives, wanted)


def _told_coverage(method: Method, *, spans: int, coded: int, covered: int, labels: Labels) -> list[str]:
    if not spans:
        return ["no training text has a span: the bundle will have an untrained Extractor, and find none"]
    if not coded:
        return ["no training span has a PT: the bundle will have no Normalizer, and give no codes"]
    if not covered:
        return [
            f"no PT has {method.fewest_examples} training spans: the bundle will have no Normalizer, and "
            "give no codes; --set fewest-examples=1 takes the rarer ones as well"
        ]
    return [f"the Normalizer has {len(labels):,} classes, PTs of {covered / spans:.1%} of the training spans"]
