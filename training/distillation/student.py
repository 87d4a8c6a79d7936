"""From a teacher and texts to a student's bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from models.encoder import TweetTokenizer
from models.normalizer import Labels
from training.distillation.label_files import label_examples
from training.distillation.relation_files import add_relations
from training.distillation.soft_labels import SoftLabel, SoftLabels
from training.distillation.student_data import add_soft_targets, add_unlabelled, draw_extracted
from training.distillation.teacher import count_teachers
from training.errors import RunError
from training.examples import AnnotatedSpan, CodedPhrase, Example, TrainingData
from training.loop import drop_contexts
from training.methods import (
    Datasets,
    TrainedBundle,
    TrainingRun,
    add_mixes,
    prepare_datasets,
    require_trainable,
    train_method,
)
from training.presets import Method
from training.reports import SOFT_LABELS_FOLDER, RunFiles

# Without annotated validation texts, this share of the texts is kept to compare the student with its teacher.
_HELD_OUT: Final = 0.1
_MOST_HELD_OUT: Final = 2_000
# The retriever learns a teacher's phrase only if the teacher is this sure of its PT.
_SURE: Final = 0.8


# Opened with a number of texts, it returns what is called with the number of further texts that are done.
ShowProgress = Callable[[int], AbstractContextManager[Callable[[int], None]]]


def no_progress(texts: int) -> AbstractContextManager[Callable[[int], None]]:
    """Show nothing; a `ShowProgress`."""
    return nullcontext(lambda done: None)


def distill(
    method: Method,
    teachers: Sequence[str | Path],
    data: TrainingData,
    *,
    out: Path,
    run: TrainingRun,
    command: str,
    device: str = "auto",
    overwrite: bool = False,
    include_terminology: bool = False,
    progress: ShowProgress = no_progress,
) -> TrainedBundle:
    """Train a student on what teachers think of texts, and write its bundle.

    The soft labels are kept in the run folder. After an interruption the same call resumes, first with the
    labels and then with the training.

    Args:
        method: how the student is trained; `method.training.encoder` is what it is made from.
        teachers: names or folders of bundles; several are combined, see `combine_soft_labels`.
        data: `unlabelled` texts train by soft labels alone, `train` and `mixes` by both. Without `valid`, a
            tenth of the unlabelled texts is kept to choose the best epoch, with the teachers' decisions.
        out: folder of the bundle; its last part names the bundle.
        run: where the training runs.
        command: the command that was run, for the model card.
        device: where the teachers run.
        overwrite: replace another bundle at `out`.
        include_terminology: see `train_method`.
        progress: shows how many texts the teachers have read.

    Raises:
        TrainingError: there are no texts, the method is an ensemble, or as `train_method`.
        ModelError: a teacher or the encoder cannot be loaded, or the bundle cannot be written.
    """
    if method.classifiers > 1:
        raise RunError(
            f"{method.name} is an ensemble, but a student has one classifier: choose another --preset, "
            "such as full"
        )
    if run.processes.is_main:
        RunFiles(run.folder).require_writable(out, overwrite=overwrite)
    unlabelled = distinct_texts(data.unlabelled, apart_from=[*data.annotated, *data.valid])
    left_out = len(data.unlabelled) - len(unlabelled)
    if left_out:
        run.callback.on_message(
            f"{left_out:,} of the texts occur twice, or among the annotated texts: they are left out"
        )
    if not unlabelled and not data.train:
        raise RunError(
            "there are no texts to learn from: name files with texts (--texts), or a corpus (--train)"
        )
    require_trainable(method)
    texts = [*data.annotated, *unlabelled]
    with progress(len(texts) * count_teachers(teachers)) as advance:
        soft = label_examples(
            teachers,
            texts,
            run.folder / SOFT_LABELS_FOLDER,
            device=device,
            callback=run.callback,
            advance=advance,
            processes=run.processes,
            fresh=run.fresh,
        )
    first = len(data.annotated)
    rows: Sequence[int] = range(first, first + len(unlabelled))
    valid = data.valid
    if not valid:
        valid, rows = _hold_out(soft, rows, method.training.seed)
    if method.training.distill_states:
        drawn = draw_extracted(soft.of(rows), method.training.seed)
        related = [*range(first), *(rows[number] for number in drawn)]
        with progress(len(related) * count_teachers(teachers)) as advance:
            soft = add_relations(
                teachers,
                soft,
                related,
                run.folder / SOFT_LABELS_FOLDER,
                device=device,
                callback=run.callback,
                advance=advance,
                processes=run.processes,
                fresh=run.fresh,
            )
    teaching = _Teaching(soft, soft.of(rows))
    return train_method(
        method,
        replace(data, valid=valid, unlabelled=teaching.unlabelled.examples),
        out=out,
        run=run,
        command=command,
        overwrite=overwrite,
        include_terminology=include_terminology,
        prepare=teaching.prepare,
    )


def distinct_texts(examples: Iterable[Example], *, apart_from: Iterable[Example] = ()) -> list[Example]:
    """Return each text once, without those that also occur in `apart_from`; contexts count as well."""
    seen = {(example.text, example.context) for example in apart_from}
    distinct = []
    for example in examples:
        if (example.text, example.context) not in seen:
            seen.add((example.text, example.context))
            distinct.append(example)
    return distinct


def decided_example(example: Example, label: SoftLabel, threshold: float) -> Example:
    """Return a text with the teacher's decisions as annotations, as Algorithm 2 makes them.

    Args:
        example: the text; its own annotations are replaced.
        label: what the teacher thinks of it.
        threshold: the log-odds from which it is positive, if it has a span.
    """
    if label.log_odds < threshold or not label.spans:
        return replace(example, label=0, spans=())
    spans = [
        AnnotatedSpan(span.start, span.end, span.candidates[0].ptid, span.candidates[0].pt_name)
        if span.candidates
        else AnnotatedSpan(span.start, span.end)
        for span in label.spans
    ]
    return replace(example, label=1, spans=tuple(spans))


@dataclass(frozen=True)
class _Teaching:
    """The soft labels of a student's training texts.

    Attributes:
        soft: of all texts.
        unlabelled: of the texts that have no annotations.
    """

    soft: SoftLabels
    unlabelled: SoftLabels

    def prepare(
        self, method: Method, data: TrainingData, tokenizer: TweetTokenizer, known: Labels | None
    ) -> Datasets:
        """Build the data sets of a student; a `PrepareDatasets`."""
        classes = {label.ptid: label.pt_name for label in self.soft.classes.classes}
        classes |= {label.ptid: label.pt_name for label in known.classes} if known is not None else {}
        datasets = prepare_datasets(method, data, tokenizer, known=Labels.of(sorted(classes.items())))
        texts = self.unlabelled.examples
        if method.reads_context:
            texts = drop_contexts(texts, method.context_dropout, seed=method.training.seed)
        datasets = add_unlabelled(
            datasets,
            replace(self.unlabelled, examples=texts),
            tokenizer,
            seed=method.training.seed,
            reads_context=method.reads_context,
            in_pairs=method.context,
        )
        datasets = add_mixes(datasets, method, data, tokenizer)
        datasets = add_soft_targets(datasets, self.soft, tokenizer)
        phrases = replace(
            datasets.phrases,
            train=[*datasets.phrases.train, *_sure_phrases(self.unlabelled, method.retriever.context)],
        )
        note = (
            f"the teacher is {' and '.join(self.soft.teachers)}: {len(self.soft.labels):,} texts have its "
            f"soft labels, {len(self.unlabelled.labels):,} of them no others"
        )
        return replace(datasets, phrases=phrases, notes=(note, *datasets.notes))


def _sure_phrases(soft: SoftLabels, with_tweets: bool) -> list[CodedPhrase]:
    """Return the distinct phrases whose PT the teacher is sure of."""
    phrases = [
        CodedPhrase(
            example.text[span.start : span.end],
            span.candidates[0].ptid,
            example.text if with_tweets else "",
        )
        for example, label in zip(soft.examples, soft.labels, strict=True)
        for span in label.spans
        if span.candidates and span.candidates[0].score >= _SURE
    ]
    return list(dict.fromkeys(phrases))


def _hold_out(soft: SoftLabels, rows: Sequence[int], seed: int) -> tuple[list[Example], Sequence[int]]:
    """Keep a tenth of the positives and of the other texts for validation, with the teachers' decisions.

    Returns:
        The validation texts, and the rows that remain.
    """
    decided = {row: decided_example(soft.examples[row], soft.labels[row], soft.threshold) for row in rows}
    random = Random(f"validation of a student {seed}")  # noqa: S311 - reproducible, not secret
    held_out: set[int] = set()
    for label in (0, 1):
        of_class = [row for row in rows if decided[row].label == label]
        if len(of_class) < 2:
            kind = "positive" if label else "negative"
            raise RunError(
                f"the teacher calls {len(of_class)} of the {len(rows):,} texts {kind}: give more texts, or "
                "annotated ones to choose the best epoch by (--valid)"
            )
        share = min(_HELD_OUT, _MOST_HELD_OUT / len(rows))
        held_out |= set(random.sample(of_class, max(1, round(share * len(of_class)))))
    return [decided[row] for row in sorted(held_out)], [row for row in rows if row not in held_out]
