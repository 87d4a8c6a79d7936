"""Reader of PsyTAR (Zolnoori et al. 2019): sentences of patients' reviews of four psychiatric drugs.

Layout of the workbook, a header in the first row of each sheet: `Sentence_Labeling` has a row for each
sentence (drug_id, sentence_index, sentences, ADR, WD, EF, INF, SSI, DI, ...), with 1 or a mark such as `!`
where it has that. `ADR_Identified` repeats those with adverse reactions and gives their words in the
columns ADR1, ADR2, ..., without offsets. The codes of `ADR_Mapped` are of UMLS and SNOMED CT, none of
MedDRA: the spans stay without. Withdrawal symptoms (WD) do not count as adverse effects here, as in the
corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from training.corpora.mentions import occurrences, scattered
from training.corpora.passages import flat
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example
from training.extras import require

_SENTENCES = "Sentence_Labeling"
_EFFECTS = "ADR_Identified"
_KEY = ("drug_id", "sentence_index", "sentences")
_EFFECT_COLUMN = re.compile(r"adr\d+")

Row = tuple[int, dict[str, Any]]


def read_psytar(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read the workbook, or the one in a folder; the document of a sentence is its review.

    The words of an effect are looked for in the sentence; where others stand between them, the span is the
    range that covers them all.

    Raises:
        CorpusError: there is no such workbook, a sheet or column is missing, or a row is at fault and the log
            is strict.
        RunError: openpyxl is not installed.
    """
    path = _workbook(source)
    sheets = _sheets(path)
    effects: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for line, row in sheets[_EFFECTS]:
        words = [
            str(value) for name, value in row.items() if _EFFECT_COLUMN.fullmatch(name) and _is_set(value)
        ]
        effects.setdefault(_key(row), []).extend((line, each) for each in words)
    examples: dict[str, Example] = {}
    for line, row in sheets[_SENTENCES]:
        key, sentence = _key(row), str(row["sentences"] or "").strip()
        # The last row has the sums of the columns.
        if not all(key) or not sentence:
            continue
        name = ":".join(key)
        if name in examples:
            log.drop("repeated row", path, line, f"sentence {key[1]} of {key[0]} was there before")
            continue
        log.read("sentences")
        told = effects.pop(key, [])
        label = int(bool(told) or _is_marked(row.get("adr")))
        if label and not told:
            log.note("no span given", path, line, f"{name} has an adverse effect: {sentence[:60]!r}")
        spans = _spans(sentence, told, path, log)
        examples[name] = Example(name, flat(sentence), label, spans, key[0])
    for (drug, index), told in effects.items():
        if told:
            log.drop("no such sentence", path, told[0][0], f"{drug}:{index} is not in {_SENTENCES}")
    return {"all": list(examples.values())}


def _spans(
    sentence: str, told: list[tuple[int, str]], path: Path, log: ReadingLog
) -> tuple[AnnotatedSpan, ...]:
    places: dict[tuple[int, int], None] = {}
    for line, words in told:
        free = [place for place in occurrences(words, sentence) if place not in places]
        place = free[0] if free else None
        if place is None and not occurrences(words, sentence):
            place = scattered(words, sentence)
            if place is None:
                log.drop("offset mismatch", path, line, f"{words!r} is not in {sentence[:60]!r}")
            else:
                covered = sentence[slice(*place)]
                log.note("discontinuous span, covered by one range", path, line, f"{words!r}: {covered!r}")
        if place is not None:
            places[place] = None
    log.read("spans", len(places))
    return tuple(AnnotatedSpan(*place) for place in sorted(places))


def _workbook(source: Path) -> Path:
    if source.is_file():
        return source
    found = [path for path in sorted(source.glob("*.xlsx")) if not path.name.startswith("~$")]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise CorpusError(f"{source} should hold one .xlsx workbook, but holds {names}: give the file itself")
    return found[0]


def _sheets(path: Path) -> dict[str, list[Row]]:
    require("openpyxl", f"workbooks such as {path}")
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise CorpusError(f"{path} is no .xlsx workbook ({error}): give PsyTAR's own") from None
    try:
        missing = [name for name in (_SENTENCES, _EFFECTS) if name not in book.sheetnames]
        if missing:
            sheets = ", ".join(book.sheetnames)
            raise CorpusError(f"{path} has no sheet {missing[0]}, but {sheets}: give PsyTAR's own workbook")
        return {name: list(_rows(path, book[name])) for name in (_SENTENCES, _EFFECTS)}
    finally:
        book.close()


def _rows(path: Path, sheet: Any) -> Iterator[Row]:
    """Give the rows of a sheet with their numbers, by the names of the header in lower case."""
    rows = sheet.iter_rows(values_only=True)
    header = [str(value or "").strip().lower() for value in next(rows, ())]
    missing = [name for name in _KEY if name not in header]
    if missing:
        raise CorpusError(f"{path}, sheet {sheet.title}: no column {missing[0]} in the header {header[:12]}")
    for number, values in enumerate(rows, 2):
        yield number, dict(zip(header, values, strict=False))


def _key(row: dict[str, Any]) -> tuple[str, str]:
    drug, index = row["drug_id"], row["sentence_index"]
    return str(drug or "").strip(), "" if index is None else str(index).strip().removesuffix(".0")


def _is_set(value: Any) -> bool:
    return value is not None and bool(str(value).strip())


def _is_marked(value: Any) -> bool:
    return _is_set(value) and str(value).strip() not in ("0", "0.0")
