"""Lifting of the annotated codes to Preferred Terms.

Spans that share characters: of those the longest is kept.

Making formal corpora fit to learn from: which sentences, which spans.

Texts that come again: within the training side, and on both sides of a split.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.terminology import Terminology
from training.corpora.reading_log import ReadingLog
from training.examples import AnnotatedSpan, Example


def lift_codes(
    examples: Iterable[Example], terminology: Terminology, source: Path, log: ReadingLog
) -> list[Example]:
    """Lift LLT codes to their PTs, and name the PTs as the terminology does.

    A span whose code is unknown stays, without a code.

    Raises:
        CorpusError: a code is unknown, and the log is strict.
    """
    return [
        replace(example, spans=tuple(_lifted(span, example, terminology, source, log) for span in spans))
        if (spans := example.spans)
        else example
        for example in examples
    ]


def _lifted(
    span: AnnotatedSpan, example: Example, terminology: Terminology, source: Path, log: ReadingLog
) -> AnnotatedSpan:
    codes = [code for code in (span.ptid, span.llt) if code is not None]
    if not codes:
        return span
    ptid = next((pt for code in codes if (pt := terminology.pt_of(code)) is not None), None)
    if ptid is None:
        detail = f"{' and '.join(codes)} of {example.text[span.start : span.end]!r} in {example.id}"
        log.drop("unknown code", source, None, f"{detail} not in the terminology; the span stays without")
        return AnnotatedSpan(span.start, span.end)
    lifted = span.ptid != ptid
    if lifted:
        log.read("codes lifted to their PT")
    llt = span.ptid if lifted and span.llt is None else span.llt
    return AnnotatedSpan(span.start, span.end, ptid, terminology.pt_names[ptid], llt)


def without_overlaps(examples: Iterable[Example], source: Path, log: ReadingLog) -> list[Example]:
    """Keep the longest of overlapping spans in each text, and take down the others."""
    kept = []
    for example in examples:
        spans = longest_apart(example.spans)
        for span in set(example.spans) - set(spans):
            detail = f"{example.text[span.start : span.end]!r} at {span.start}-{span.end} in {example.id}"
            log.note("overlap: a longer span is kept", source, None, detail)
        kept.append(example if spans == example.spans else replace(example, spans=spans))
    return kept


def longest_apart(spans: tuple[AnnotatedSpan, ...]) -> tuple[AnnotatedSpan, ...]:
    """Keep the longest of spans that overlap, of equally long ones the first; in the order of the text."""
    kept: list[AnnotatedSpan] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda s: s.start))


# Sentences of drug labels are torn from lists and tables: what remains of those is no sentence.
_MIN_LETTERS = 25
_MAX_CHARACTERS = 400
_SECTION = re.compile(r"^\W*\d+(\.\d+)*\s+[A-Z][A-Z \W]+$")


def clean_sentences(examples: Iterable[Example]) -> list[Example]:
    """Leave out headings, fragments and endless lists; of overlapping spans keep the longest."""
    return [
        Example(example.id, example.text, example.label, longest_apart(example.spans))
        for example in examples
        if _is_sentence(example.text)
    ]


def _is_sentence(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return letters >= _MIN_LETTERS and len(text) <= _MAX_CHARACTERS and not _SECTION.match(text)


_RETWEET = re.compile(r"^rt @\w+:?\s*")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_USER = re.compile(r"@\w+")


def same_form(text: str) -> str:
    """Bring texts that say the same to one form, without case, white space, links, users and "RT"."""
    text = _RETWEET.sub("", text.lower())
    return " ".join(_USER.sub("@", _LINK.sub("http", text)).split())


def without_repeated_ids(examples: Sequence[Example], source: Path, log: ReadingLog) -> list[Example]:
    """Keep the first record of each id.

    Raises:
        CorpusError: two records of one id differ, and the log is strict.
    """
    kept: dict[str, Example] = {}
    for example in examples:
        first = kept.setdefault(example.id, example)
        if first is not example and first == example:
            log.note("duplicate: the same record again", source, None, f"record {example.id}")
        elif first is not example:
            log.drop("two records of one id", source, None, f"{example.id}: the first is kept")
    return list(kept.values())


def without_duplicates(examples: Sequence[Example], source: Path, log: ReadingLog) -> list[Example]:
    """Keep the first of equal texts with equal annotations; unequal annotations are told, and stay."""
    kept: list[Example] = []
    seen: dict[str, dict[object, str]] = {}
    for example in examples:
        annotation = (example.label, example.spans)
        readings = seen.setdefault(example.text, {})
        if annotation in readings:
            detail = f"{example.id} repeats {readings[annotation]}"
            log.note("duplicate: text and annotation again", source, None, detail)
            continue
        if readings:
            detail = f"{example.id} and {next(iter(readings.values()))}"
            log.note("one text annotated in two ways, kept", source, None, detail)
        readings[annotation] = example.id
        kept.append(example)
    return kept


def without_shared(
    splits: Mapping[str, Sequence[Example]], source: Path, log: ReadingLog, *, keep: bool
) -> dict[str, list[Example]]:
    """Find texts that several splits have, and take them out of training.

    Validation and test stay as they are, since scores are over what they hold; what those two share is told.

    Args:
        splits: texts by split.
        source: of the corpus, for the log.
        log: takes down each shared text.
        keep: leave them in training as well.
    """
    result = {name: list(examples) for name, examples in splits.items()}
    forms = {
        name: {same_form(example.text): example.id for example in examples}
        for name, examples in splits.items()
    }
    for side in ("valid", "test"):
        shared = forms.get("train", {}).keys() & forms.get(side, {}).keys()
        for form in sorted(shared):
            outcome = "kept" if keep else "taken out of train"
            detail = f"{forms['train'][form]} in train, {forms[side][form]} in {side}"
            log.note(f"text shared by train and {side}, {outcome}", source, None, detail)
        if shared and not keep:
            result["train"] = [e for e in result["train"] if same_form(e.text) not in shared]
    for form in sorted(forms.get("valid", {}).keys() & forms.get("test", {}).keys()):
        detail = f"{forms['valid'][form]} in valid, {forms['test'][form]} in test"
        log.note("text shared by valid and test, kept", source, None, detail)
    return result
