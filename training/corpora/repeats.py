"""Texts that come again: within the training side, and on both sides of a split."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.corpora.reading import ReadingLog
from training.examples import Example

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
