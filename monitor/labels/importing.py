"""Import labels: read them, find the effects in their sentences, and store each label in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.labels.drug_of_label import FindsDrugs, drug_of
from monitor.labels.effect_finder import EffectFinder
from monitor.labels.errors import LabelError
from monitor.labels.label import ProductLabel, ReadLabel, SectionKind
from monitor.labels.label_sentences import sentences_of
from monitor.labels.product_label_files import read_product_labels
from monitor.store.label_import import LabelEffect

SENTENCES_AT_ONCE: Final = 64
"""Sentences of one label that are read together."""

LONGEST_TITLE: Final = 200


@dataclass
class ImportCounts:
    """What an import has done so far."""

    labels: int = 0
    effects: int = 0
    sentences: int = 0
    other_drugs: int = 0
    failures: list[LabelError] = field(default_factory=list)


class LabelImport:
    """Imports the labels of files, one by one. What was stored stays stored if a later one fails.

    Args:
        finder: finds effects in sentences.
        matcher: finds the drugs that a label names.
        store: stores a label in place of its earlier import.
        drugs: canonical names. Labels of other drugs are left out; a label that names no drug is of this one,
            if it is one alone. None takes all labels.
        advance: called after each group of sentences with a line about the state.
    """

    def __init__(
        self,
        finder: EffectFinder,
        matcher: FindsDrugs,
        store: Callable[[ReadLabel], None],
        *,
        drugs: Collection[str] = (),
        advance: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._finder = finder
        self._matcher = matcher
        self._store = store
        self._drugs = frozenset(drugs)
        self._advance = advance
        self.counts = ImportCounts()

    def import_files(self, paths: Iterable[Path]) -> Iterator[ReadLabel | LabelError]:
        """Import the labels of files; yield each that was stored, and each failure.

        Raises:
            RetryableError: the database is away.
            FatalError: the database refuses.
        """
        for path in paths:
            for label in read_product_labels(path):
                outcome = label if isinstance(label, LabelError) else self._import(label)
                if isinstance(outcome, LabelError):
                    self.counts.failures.append(outcome)
                if outcome is not None:
                    yield outcome

    def _import(self, label: ProductLabel) -> ReadLabel | LabelError | None:
        drug = drug_of(label.names, self._matcher)
        if drug not in self._drugs and self._drugs:
            # A text that names no drug itself is about the one that the user names. An SmPC names its own.
            if drug is not None or len(self._drugs) > 1:
                self.counts.other_drugs += 1
                return None
            (drug,) = self._drugs
        if drug is None:
            return LabelError(f"{label.place} does not name its drug", "name it with --drug")
        effects = self._find_effects(label)
        read = ReadLabel(
            label_id=f"{label.source}:{label.set_id or drug}",
            drug=drug,
            source=label.source,
            title=label.title and label.title[:LONGEST_TITLE],
            version=label.version,
            place=label.place,
            effects=tuple(effects),
            sentences=sum(1 for _ in _sentences(label)),
        )
        if not effects:
            return LabelError(
                f"{label.place}: no effect was found in its sections of effects, so it was not imported",
                "check that it is a label in a language that the bundle reads",
            )
        self._store(read)
        self.counts.labels += 1
        self.counts.effects += len({effect.ptid for effect in effects})
        return read

    def _find_effects(self, label: ProductLabel) -> list[LabelEffect]:
        first: dict[tuple[str, str], LabelEffect] = {}
        for group in _groups(_sentences(label)):
            effects_of_group = self._finder.find([sentence for _, sentence in group])
            for (section, sentence), effects in zip(group, effects_of_group, strict=True):
                for effect in effects:
                    first.setdefault(
                        (effect.ptid, section),
                        LabelEffect(effect.ptid, effect.pt_name, section, sentence, effect.start, effect.end),
                    )
            self.counts.sentences += len(group)
            self._advance(
                f"{self.counts.labels:,} labels, {self.counts.sentences:,} sentences: {label.place}"
            )
        return list(first.values())


def _sentences(label: ProductLabel) -> Iterator[tuple[SectionKind, str]]:
    for section in label.sections:
        for sentence in sentences_of(section.text):
            if any(letter.isalpha() for letter in sentence):
                yield section.kind, sentence.replace("\0", " ")


def _groups(items: Iterable[tuple[SectionKind, str]]) -> Iterator[list[tuple[SectionKind, str]]]:
    group: list[tuple[SectionKind, str]] = []
    for item in items:
        group.append(item)
        if len(group) == SENTENCES_AT_ONCE:
            yield group
            group = []
    if group:
        yield group
