"""What a student is trained on: annotated data sets with the teacher's soft targets, and unlabelled texts.

Soft targets are found by the tokens of an input. So it does not matter how a data set was built: two inputs
with the same tokens look the same to the student, and get the same soft target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from models.encoder import TokenizedInput, TweetTokenizer
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER, Task
from models.normalizer import Labels
from training.distillation.soft_labels import SoftLabels
from training.distillation.soft_windows import (
    SoftWindow,
    class_distribution,
    class_numbers,
    soft_windows,
    token_distributions,
    window_relations,
)
from training.loop import (
    IGNORED,
    Distribution,
    InputRelations,
    Inputs,
    SoftTargets,
    TaskData,
    WordRelations,
    binary_distribution,
    join_tasks,
)
from training.methods import Datasets

# The Normalizer sees the same phrase of unlabelled texts at most this many times in an epoch.
_PHRASE_REPEATS: Final = 8


def add_soft_targets(datasets: Datasets, soft: SoftLabels, tokenizer: TweetTokenizer) -> Datasets:
    """Add a teacher's soft targets to the inputs of annotated data sets whose texts it has read.

    Args:
        datasets: of any texts. Inputs whose texts the teacher has not read keep their hard targets alone.
        soft: the soft labels.
        tokenizer: the student's, with which the data sets were built.
    """
    lookup = _SoftLookup.of(soft, datasets, tokenizer)
    return replace(datasets, tasks={task: lookup.with_targets(data) for task, data in datasets.tasks.items()})


def add_unlabelled(
    datasets: Datasets,
    soft: SoftLabels,
    tokenizer: TweetTokenizer,
    *,
    seed: int,
    reads_context: bool = False,
    in_pairs: bool = False,
) -> Datasets:
    """Add texts that have soft targets only; whatever annotations they have are ignored.

    All texts train the Classifier. The Extractor reads those that are as likely as not to report an adverse
    effect, and as many others. The Normalizer reads the spans that the teacher found, if it is sure enough.

    Args:
        datasets: annotated texts, or a `Datasets` without tasks. Its labels are the Normalizer's classes.
        soft: the texts with their soft labels.
        tokenizer: the student's.
        seed: of the draw of texts for the Extractor.
        reads_context: whether the student reads the context of a text before it.
        in_pairs: whether the student's Normalizer reads the text along with the span (`Method.context`).
    """
    unlabelled = unlabelled_tasks(
        soft, datasets.labels, tokenizer, seed=seed, in_pairs=in_pairs, reads_context=reads_context
    )
    return replace(datasets, tasks=join_tasks([datasets.tasks, unlabelled]))


def unlabelled_tasks(
    soft: SoftLabels,
    labels: Labels,
    tokenizer: TweetTokenizer,
    *,
    seed: int,
    in_pairs: bool,
    reads_context: bool = False,
) -> dict[Task, TaskData]:
    """Build D_1, D_2 and D_3 of texts with soft targets only; see `add_unlabelled`.

    Args:
        soft: the texts with their soft labels.
        labels: the classes of the student's Normalizer.
        tokenizer: the student's.
        seed: of the draw of texts for the Extractor.
        in_pairs: whether the Normalizer reads the text along with the span.
        reads_context: whether the student reads the context of a text before it.
    """
    texts = list(soft_windows(soft, tokenizer, contexts=reads_context))
    classified = [part for part in texts if part.log_odds is not None]
    extracted = set(draw_extracted(soft, seed))
    tagged = [part for part in texts if part.text in extracted]
    spans = list(_distinct_spans(soft, labels, in_pairs=in_pairs))
    phrases = _encode_phrases(spans, tokenizer, in_pairs=in_pairs)
    tasks: dict[Task, TaskData] = {
        CLASSIFIER.task: _soft_only(
            CLASSIFIER.task,
            [part.tokens for part in classified],
            [[binary_distribution(part.log_odds)] for part in classified if part.log_odds is not None],
        ),
        EXTRACTOR.task: _soft_only(
            EXTRACTOR.task,
            [part.tokens for part in tagged],
            [token_distributions(part.tokens, soft.labels[part.text]) for part in tagged],
            [window_relations(part, soft) for part in tagged] if soft.relations else None,
        ),
        NORMALIZER.task: _soft_only(NORMALIZER.task, phrases, [[span.distribution] for span in spans]),
    }
    return {task: data for task, data in tasks.items() if len(data)}


@dataclass(frozen=True)
class _SoftPhrase:
    words: str
    text: str
    distribution: Distribution


def _distinct_spans(soft: SoftLabels, labels: Labels, *, in_pairs: bool) -> Iterator[_SoftPhrase]:
    """Yield the spans of texts with their soft targets, each phrase a limited number of times."""
    class_of = class_numbers(labels)
    counts: dict[tuple[str, str], int] = {}
    for example, label in zip(soft.examples, soft.labels, strict=True):
        for span in label.spans:
            words = example.text[span.start : span.end]
            key = (words.lower(), example.text if in_pairs else "")
            distribution = class_distribution(span.candidates, class_of)
            counts[key] = counts.get(key, 0) + bool(distribution)
            if distribution and counts[key] <= _PHRASE_REPEATS:
                yield _SoftPhrase(words, example.text, distribution)


def _encode_phrases(
    spans: Sequence[_SoftPhrase], tokenizer: TweetTokenizer, *, in_pairs: bool
) -> Sequence[TokenizedInput]:
    words = [span.words for span in spans]
    if in_pairs:
        return tokenizer.encode_pairs(words, [span.text for span in spans])
    return tokenizer.encode(words)


def draw_extracted(soft: SoftLabels, seed: int) -> list[int]:
    """Draw the texts that the Extractor reads, in order: the likely positives, and as many others."""
    least = min(soft.threshold, 0.0)
    likely = [row for row, label in enumerate(soft.labels) if label.log_odds >= least]
    others = [row for row, label in enumerate(soft.labels) if label.log_odds < least]
    random = Random(f"soft extractor texts {seed}")  # noqa: S311 - reproducible, not secret
    return sorted([*likely, *random.sample(others, min(len(others), max(1, len(likely))))])


def _soft_only(
    task: Task,
    tokens: Sequence[TokenizedInput],
    distributions: Sequence[Sequence[Distribution]],
    relations: Sequence[InputRelations] | None = None,
) -> TaskData:
    targets = [[IGNORED] * len(row) for row in distributions]
    related = WordRelations.of(relations) if relations is not None else None
    return TaskData(task, Inputs.of(tokens), targets, SoftTargets.of(distributions), relations=related)


@dataclass(frozen=True)
class _SoftLookup:
    """The soft targets of inputs by the keys of their tokens, and the relations of their words."""

    by_task: Mapping[Task, dict[bytes, Sequence[Distribution]]] = field(
        default_factory=lambda: {head.task: {} for head in (CLASSIFIER, EXTRACTOR, NORMALIZER)}
    )
    relations: dict[bytes, InputRelations] = field(default_factory=dict)

    @classmethod
    def of(cls, soft: SoftLabels, datasets: Datasets, tokenizer: TweetTokenizer) -> _SoftLookup:
        lookup = cls()
        # A text without its context is another input; the teacher's opinion still serves it best.
        for contexts in (True, False):
            lookup._add_texts(soft, list(soft_windows(soft, tokenizer, contexts=contexts)))
        if NORMALIZER.task in datasets.tasks:
            in_pairs = bool(datasets.tasks[NORMALIZER.task].inputs.types.any())
            lookup._add_spans(soft, datasets.labels, tokenizer, in_pairs=in_pairs)
        return lookup

    def with_targets(self, data: TaskData) -> TaskData:
        """Return a data set with the soft targets of the inputs that are known."""
        known, keys = self.by_task[data.task], data.inputs.keys()
        rows: list[Sequence[Distribution]] = []
        for row, (key, targets) in enumerate(zip(keys, data.targets, strict=True)):
            earlier = data.soft.distributions(row) if data.soft is not None else [{}] * len(targets)
            rows.append(known.get(key) or earlier)
        if data.task == EXTRACTOR.task and self.relations:
            related = [
                self.relations.get(key) or (data.relations.row(row) if data.relations else InputRelations())
                for row, key in enumerate(keys)
            ]
            data = replace(data, relations=WordRelations.of(related))
        return replace(data, soft=SoftTargets.of(rows)) if any(any(row) for row in rows) else data

    def _add_texts(self, soft: SoftLabels, windows: Sequence[SoftWindow]) -> None:
        keys = Inputs.of([window.tokens for window in windows]).keys()
        classifier, extractor = self.by_task[CLASSIFIER.task], self.by_task[EXTRACTOR.task]
        for key, window in zip(keys, windows, strict=True):
            if window.log_odds is not None:
                classifier.setdefault(key, [binary_distribution(window.log_odds)])
            if key not in extractor:
                extractor[key] = token_distributions(window.tokens, soft.labels[window.text])
                if window.text in soft.relations:
                    self.relations[key] = window_relations(window, soft)

    def _add_spans(
        self, soft: SoftLabels, labels: Labels, tokenizer: TweetTokenizer, *, in_pairs: bool
    ) -> None:
        spans = list(_distinct_spans(soft, labels, in_pairs=in_pairs))
        phrases = _encode_phrases(spans, tokenizer, in_pairs=in_pairs)
        for key, span in zip(Inputs.of(phrases).keys(), spans, strict=True):
            self.by_task[NORMALIZER.task].setdefault(key, [span.distribution])
