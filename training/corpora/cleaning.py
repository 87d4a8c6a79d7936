"""Cleaning of a corpus: codes become PTs; repeated texts, overlapping spans and fragments are dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.terminology import Terminology
from training.corpora.reading_log import ReadingLog
from training.examples import AnnotatedSpan, Example

_RETWEET = re.compile(r"^rt @\w+:?\s*")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_USER = re.compile(r"@\w+")

# Sentences of drug labels come from lists and tables too, and what is left of those is not a sentence.
_FEWEST_LETTERS = 25
_MOST_CHARACTERS = 400
_HEADING = re.compile(r"^\W*\d+(\.\d+)*\s+[A-Z][A-Z \W]+$")


def lift_codes(
    examples: Iterable[Example], terminology: Terminology, source: Path, log: ReadingLog
) -> list[Example]:
    """Replace LLT codes by those of their PTs, and take the names of the PTs from the terminology.

    A span with an unknown code stays, without a code.

    Raises:
        CorpusError: a code is unknown, and the log is strict.
    """
    return [
        replace(example, spans=tuple(_lift_span(span, example, terminology, source, log) for span in spans))
        if (spans := example.spans)
        else example
        for example in examples
    ]


def _lift_span(
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
    is_lifted = span.ptid != ptid
    if is_lifted:
        log.count("codes lifted to their PT")
    llt = span.ptid if is_lifted and span.llt is None else span.llt
    return AnnotatedSpan(span.start, span.end, ptid, terminology.pt_names[ptid], llt)


def comparison_form(text: str) -> str:
    """Return the form by which texts are compared: without case, white space, links, users and "RT"."""
    text = _RETWEET.sub("", text.lower())
    return " ".join(_USER.sub("@", _LINK.sub("http", text)).split())


def drop_repeated_ids(examples: Sequence[Example], source: Path, log: ReadingLog) -> list[Example]:
    """Keep the first record of each id.

    Raises:
        CorpusError: two records of one id differ, and the log is strict.
    """
    kept: dict[str, Example] = {}
    for example in examples:
        first = kept.setdefault(example.id, example)
        if first is not example and first == example:
            log.note("duplicate: the same record again, left out", source, None, f"record {example.id}")
        elif first is not example:
            log.drop("two records of one id", source, None, f"{example.id}: the first is kept")
    return list(kept.values())


def drop_duplicates(examples: Sequence[Example], source: Path, log: ReadingLog) -> list[Example]:
    """Keep the first of equal texts with equal annotations; unequal annotations are noted, and stay.

    Texts with different contexts are not equal: they may mean different things.
    """
    kept: list[Example] = []
    seen: dict[tuple[str, str], dict[object, str]] = {}
    for example in examples:
        annotation = (example.label, example.spans)
        ids = seen.setdefault((example.context, example.text), {})
        if annotation in ids:
            detail = f"{example.id} repeats {ids[annotation]}"
            log.note("duplicate: text and annotation again, left out", source, None, detail)
            continue
        if ids:
            detail = f"{example.id} and {next(iter(ids.values()))}"
            log.note("one text annotated in two ways, kept", source, None, detail)
        ids[annotation] = example.id
        kept.append(example)
    return kept


def drop_shared(
    splits: Mapping[str, Sequence[Example]], source: Path, log: ReadingLog, *, keep: bool
) -> dict[str, list[Example]]:
    """Find texts that several splits share, and drop them from training.

    Validation and test stay as they are, since scores refer to all their texts. Texts that those two share
    are noted.

    Args:
        splits: texts by split.
        source: of the corpus, for the log.
        log: records each shared text.
        keep: leave shared texts in training too.
    """
    result = {name: list(examples) for name, examples in splits.items()}
    forms = {
        name: {comparison_form(example.text): example.id for example in examples}
        for name, examples in splits.items()
    }
    for side in ("valid", "test"):
        shared = forms.get("train", {}).keys() & forms.get(side, {}).keys()
        for form in sorted(shared):
            outcome = "kept" if keep else "taken out of train"
            detail = f"{forms['train'][form]} in train, {forms[side][form]} in {side}"
            log.note(f"text shared by train and {side}, {outcome}", source, None, detail)
        if shared and not keep:
            result["train"] = [e for e in result["train"] if comparison_form(e.text) not in shared]
    for form in sorted(forms.get("valid", {}).keys() & forms.get("test", {}).keys()):
        detail = f"{forms['valid'][form]} in valid, {forms['test'][form]} in test"
        log.note("text shared by valid and test, kept", source, None, detail)
    return result


def drop_overlaps(examples: Iterable[Example], source: Path, log: ReadingLog) -> list[Example]:
    """Keep the longest of overlapping spans in each text, and note the others."""
    kept = []
    for example in examples:
        spans = longest_spans(example.spans)
        for span in set(example.spans) - set(spans):
            detail = f"{example.text[span.start : span.end]!r} at {span.start}-{span.end} in {example.id}"
            log.note("overlap: a longer span is kept", source, None, detail)
        kept.append(example if spans == example.spans else replace(example, spans=spans))
    return kept


def longest_spans(spans: tuple[AnnotatedSpan, ...]) -> tuple[AnnotatedSpan, ...]:
    """Return the longest of overlapping spans, of equally long ones the first; in the order of the text."""
    kept: list[AnnotatedSpan] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda span: span.start))


def clean_sentences(examples: Iterable[Example]) -> list[Example]:
    """Leave out headings, fragments and very long lists; keep the longest of overlapping spans."""
    return [
        replace(example, spans=longest_spans(example.spans))
        for example in examples
        if _is_sentence(example.text)
    ]


def _is_sentence(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return letters >= _FEWEST_LETTERS and len(text) <= _MOST_CHARACTERS and not _HEADING.match(text)
