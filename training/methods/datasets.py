"""From annotated texts to what a method trains on: the Normalizer's classes, D_1 to D_3, and phrases.

The texts are tokenized. Those that are longer than an input of the training are read in several windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from models.encoder import Encoder, TweetTokenizer
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER, Task
from models.normalizer import Labels
from models.terminology import Terminology
from training.description import count_long_texts
from training.errors import RunError
from training.examples import CodedPhrase, Example, TrainingData, coded_phrases
from training.loop import (
    TaskData,
    classifier_data,
    drop_contexts,
    extractor_data,
    normalizer_data,
    normalizer_labels,
)
from training.presets import Method


@dataclass(frozen=True)
class RetrievalPhrases:
    """What a retriever is trained on.

    Attributes:
        train: phrases to learn from, with their contexts if the retriever reads them.
        held_out: phrases that neither the classifier nor the retriever learns from. They choose the best
            epoch, and the weights of the fusions are fitted to them.
        terminology: all its names are learned from; without one, the names of the labels are.
    """

    train: Sequence[CodedPhrase]
    held_out: Sequence[CodedPhrase]
    terminology: Terminology | None = None

    @classmethod
    def of(cls, data: TrainingData, method: Method) -> RetrievalPhrases:
        """Take the coded spans of texts, with these texts if the method reads them."""
        context = method.retriever.context
        return cls(
            coded_phrases(data.annotated, with_tweets=context),
            coded_phrases(data.valid, with_tweets=context or method.context),
            data.terminology,
        )


@dataclass(frozen=True)
class Datasets:
    """What a method is trained on and validated with.

    Attributes:
        labels: classes of the Normalizer; none if no PTID has enough training spans.
        tasks: D_1, D_2 and D_3; a task without examples is left out.
        phrases: what the retriever is trained on.
        valid: the validation texts.
        notes: what a user should know about the data: what was left out, and why.
    """

    labels: Labels
    tasks: Mapping[Task, TaskData]
    phrases: RetrievalPhrases
    valid: Sequence[Example]
    notes: tuple[str, ...] = ()


def make_tokenizer(encoder: Encoder, method: Method) -> TweetTokenizer:
    """Return the encoder's tokenizer, whose longest input has `max_tokens` tokens.

    Raises:
        RunError: the encoder cannot read texts of this length.
    """
    positions: int = encoder.architecture.longest_input
    max_tokens = method.training.max_tokens
    if max_tokens > positions:
        raise RunError(
            f"max-tokens is {max_tokens}, but {method.training.encoder} has {positions} positions: "
            f"--set max-tokens={positions}, or less"
        )
    return TweetTokenizer(encoder.tokenizer, max_tokens)


def prepare_datasets(
    method: Method, data: TrainingData, tokenizer: TweetTokenizer, *, known: Labels | None = None
) -> Datasets:
    """Choose the classes, and collect the annotated examples of each task, without corpora that are mixed in.

    Args:
        method: how many examples a class needs, and what is read.
        data: the texts.
        tokenizer: the encoder's, see `make_tokenizer`.
        known: classes that the network knows already; they remain classes, with or without examples.

    Raises:
        RunError: there are no validation texts, the training texts do not have both classes, or a retriever
            would search codes instead of names.
    """
    if data.train or not data.unlabelled:
        _require_both_classes("training", data.train)
    if not data.valid:
        raise RunError(
            "there are no validation texts: give a file with some (--valid) to choose the best epoch"
        )
    notes: list[str] = []
    phrases = coded_phrases(data.annotated, with_tweets=method.context)
    pt_names = _pt_names(data, {phrase.ptid for phrase in phrases}, known, notes)
    labels = _with_known(normalizer_labels(phrases, pt_names, fewest=method.fewest_examples), known)
    _require_names(method, data, labels, notes)
    with_spans = [example for example in data.train if example.spans]
    spanless = sum(example.label for example in data.train) - len(with_spans)
    if spanless:
        notes.append(f"{spanless:,} positive training texts have no span: the Extractor does not see them")
    notes += _reading_notes(method, data.train, tokenizer)
    tasks = annotated_tasks(method, data.train, labels, tokenizer)
    if data.train:
        spans = [span for example in with_spans for span in example.spans]
        coded = sum(span.ptid is not None for span in spans)
        covered = len(tasks[NORMALIZER.task]) if NORMALIZER.task in tasks else 0
        notes.append(
            _coverage_note(method, spans=len(spans), coded=coded, covered=covered, classes=len(labels))
        )
    return Datasets(
        labels=labels,
        tasks=tasks,
        phrases=RetrievalPhrases.of(data, method),
        valid=data.valid,
        notes=tuple(notes),
    )


def annotated_tasks(
    method: Method, examples: Sequence[Example], labels: Labels, tokenizer: TweetTokenizer
) -> dict[Task, TaskData]:
    """Build D_1, D_2 and D_3 of annotated texts; a task without examples is left out."""
    reads_context = method.reads_context
    if reads_context:
        examples = drop_contexts(examples, method.context_dropout, seed=method.training.seed)
    with_spans = [example for example in examples if example.spans]
    negatives = _extractor_negatives(method, examples, len(with_spans))
    phrases = coded_phrases(examples, with_tweets=method.context)
    tasks: dict[Task, TaskData] = {
        CLASSIFIER.task: classifier_data(examples, tokenizer, reads_context=reads_context),
        EXTRACTOR.task: extractor_data([*with_spans, *negatives], tokenizer, reads_context=reads_context),
        NORMALIZER.task: normalizer_data(phrases, labels, tokenizer),
    }
    return {task: rows for task, rows in tasks.items() if len(rows)}


def _reading_notes(method: Method, examples: Sequence[Example], tokenizer: TweetTokenizer) -> list[str]:
    """Describe the texts of several windows, and those with a context."""
    notes = []
    long = count_long_texts(examples, tokenizer, reads_context=method.reads_context)
    if long.texts:
        notes.append(
            f"{long.texts:,} training texts are longer than {tokenizer.max_tokens} tokens and are read in "
            f"several windows; {long.spans:,} spans lie beyond the first"
        )
    if long.unread:
        notes.append(f"the ends of {long.unread:,} very long training texts are not read")
    with_context = sum(bool(example.context) for example in examples)
    if with_context and not method.reads_context:
        notes.append(f"{with_context:,} training texts have a context: --set reads-context=true reads it")
    if method.reads_context and not with_context:
        notes.append("no training text has a context, so the bundle will not know what to do with one")
    return notes


def _require_both_classes(subject: str, examples: Sequence[Example]) -> None:
    positives = sum(example.label for example in examples)
    if not positives or positives == len(examples):
        raise RunError(
            f"of the {len(examples):,} {subject} texts {positives:,} report an adverse effect: "
            "the Classifier needs some that do and some that do not"
        )


def _with_known(labels: Labels, known: Labels | None) -> Labels:
    """Return all labels, sorted by code; the names of `labels` are the newer ones."""
    if known is None:
        return labels
    by_code = {label.ptid: label.pt_name for label in (*known.classes, *labels.classes)}
    return Labels.of(sorted(by_code.items()))


def _pt_names(data: TrainingData, ptids: set[str], known: Labels | None, notes: list[str]) -> dict[str, str]:
    """Name each PT: by the terminology, the corpus, what is known already, or else by its code."""
    corpus: dict[str | None, str] = {}
    if known is not None:
        corpus.update((label.ptid, label.pt_name) for label in known.classes)
    corpus |= {
        span.ptid: span.pt_name for example in data.annotated for span in example.spans if span.pt_name
    }
    names = {ptid: data.pt_names.get(ptid) or corpus.get(ptid) or ptid for ptid in ptids}
    nameless = sum(name == ptid for ptid, name in names.items())
    if nameless:
        notes.append(
            f"{nameless:,} of {len(ptids):,} PTs have no name in the corpus and are shown by their codes: "
            "--terminology provides the names"
        )
    return names


def _require_names(method: Method, data: TrainingData, labels: Labels, notes: list[str]) -> None:
    """Check that a retriever has names to search, not codes.

    Raises:
        RunError: there is no terminology, and the corpus does not name its PTs.
    """
    if method.normalizer == "classifier" or data.terminology is not None or not len(labels):
        return
    nameless = [label.ptid for label in labels.classes if label.pt_name == label.ptid]
    if nameless:
        raise RunError(
            f"normalizer is {method.normalizer}, which searches names, but {len(nameless):,} of "
            f"{len(labels):,} PTs have only a code, such as {nameless[0]}: give --terminology, or prepare "
            "the corpus with it, or --set normalizer=classifier"
        )
    notes.append(
        f"without --terminology, the retriever searches the names of the corpus, of {len(labels):,} PTs"
    )


def _extractor_negatives(method: Method, examples: Sequence[Example], positives: int) -> list[Example]:
    """Draw the negative texts that the Extractor sees, `extractor_negatives` for each positive."""
    negatives = [example for example in examples if not example.label]
    count = min(len(negatives), round(method.extractor_negatives * positives))
    random = Random(f"extractor negatives {method.training.seed}")  # noqa: S311 - reproducible, not secret
    return random.sample(negatives, count)


def _coverage_note(method: Method, *, spans: int, coded: int, covered: int, classes: int) -> str:
    """Describe which of the training spans the Normalizer's classes cover."""
    if not spans and method.start_from:
        return "no training text has a span: the Extractor and the Normalizer are those of the bundle"
    if not covered and classes:
        return f"no training span has a PT: the Normalizer learns nothing, and keeps its {classes:,} classes"
    if not spans:
        return "no training text has a span: the bundle will have an untrained Extractor, which finds none"
    if not coded:
        return "no training span has a PT: the bundle will have no Normalizer, and assign no codes"
    if not covered:
        return (
            f"no PT has {method.fewest_examples} training spans: the bundle will have no Normalizer, and "
            "assign no codes. --set fewest-examples=1 includes rarer PTs"
        )
    return f"the Normalizer has {classes:,} classes, which cover {covered / spans:.1%} of the training spans"
