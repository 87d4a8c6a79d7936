"""Reader of PsyTAR (Zolnoori et al. 2019): sentences of patients' reviews of four psychiatric drugs.

Layout of the workbook, with a header in the first row of each sheet: `Sentence_Labeling` has a row for each
sentence (drug_id, sentence_index, sentences, ADR, WD, EF, INF, SSI, DI, ...), with 1 or a mark such as `!` in
the columns that apply. `ADR_Identified` repeats those with adverse reactions, with their words in the columns
ADR1, ADR2, ..., without offsets; `WD_Identified` does the same with withdrawal symptoms. The codes of
`ADR_Mapped` are of UMLS and SNOMED CT, none of MedDRA, so the spans get no codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.mentions import find_phrase, find_scattered
from training.corpora.passages import single_line
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example
from training.extras import require

_SENTENCES = "Sentence_Labeling"
_KINDS = ("ADR", "WD")
_KEY = ("drug_id", "sentence_index", "sentences")

_Row = tuple[int, dict[str, Any]]


def read_psytar(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read the workbook, or the one in a folder; the document of a sentence is its review.

    The context of a sentence is the drug, which most sentences do not name. The words of an effect are
    searched in the sentence. If other words are between them, the span is the range that covers them all.

    Args:
        source: the workbook or its folder.
        log: of what is dropped or changed.
        options: `effect_labels` are ADR or WD; by default withdrawal counts as an adverse effect, too.

    Raises:
        CorpusError: there is no such workbook, a sheet or column is missing, or a row is at fault and the log
            is strict; or an effect label is neither ADR nor WD.
        RunError: openpyxl is not installed.
    """
    path = _find_workbook(source)
    kinds = _chosen_kinds(options)
    sheets = _read_sheets(path, [_SENTENCES, *map(_sheet_of, kinds)])
    effects: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for kind in kinds:
        is_effect = re.compile(rf"{kind.lower()}\d+").fullmatch
        for line, row in sheets[_sheet_of(kind)]:
            phrases = [str(value) for name, value in row.items() if is_effect(name) and _is_set(value)]
            effects.setdefault(_key_of(row), []).extend((line, phrase) for phrase in phrases)
    examples: dict[str, Example] = {}
    for line, row in sheets[_SENTENCES]:
        key, sentence = _key_of(row), str(row["sentences"] or "").strip()
        # The last row has the sums of the columns.
        if not all(key) or not sentence:
            continue
        name = ":".join(key)
        if name in examples:
            log.drop("repeated row", path, line, f"sentence {key[1]} of {key[0]} was there before")
            continue
        log.count("sentences")
        phrases_of_sentence = effects.pop(key, [])
        label = int(bool(phrases_of_sentence) or any(_is_marked(row.get(kind.lower())) for kind in kinds))
        if label and not phrases_of_sentence:
            log.note("no span given", path, line, f"{name} has an adverse effect: {sentence[:60]!r}")
        spans = _locate_spans(sentence, phrases_of_sentence, path, log)
        drug = key[0].partition(".")[0]
        examples[name] = Example(name, single_line(sentence), label, spans, key[0], context=drug)
    for (drug, index), left in effects.items():
        if left:
            log.drop("no such sentence", path, left[0][0], f"{drug}:{index} is not in {_SENTENCES}")
    return {"all": list(examples.values())}


def _chosen_kinds(options: CorpusOptions) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(label.upper() for label in options.effect_labels))
    for kind in kinds:
        if kind not in _KINDS:
            raise CorpusError(f"PsyTAR has no effects called {kind}: choose {' or '.join(_KINDS)}, or both")
    return kinds or _KINDS


def _sheet_of(kind: str) -> str:
    return f"{kind}_Identified"


def _locate_spans(
    sentence: str, phrases: list[tuple[int, str]], path: Path, log: ReadingLog
) -> tuple[AnnotatedSpan, ...]:
    places: dict[tuple[int, int], None] = {}
    for line, phrase in phrases:
        occurrences = find_phrase(phrase, sentence)
        place = next((place for place in occurrences if place not in places), None)
        if not occurrences:
            place = find_scattered(phrase, sentence)
            if place is None:
                log.drop("offset mismatch", path, line, f"{phrase!r} is not in {sentence[:60]!r}")
            else:
                covered = sentence[slice(*place)]
                log.note("discontinuous span, covered by one range", path, line, f"{phrase!r}: {covered!r}")
        if place is not None:
            places[place] = None
    log.count("spans", len(places))
    return tuple(AnnotatedSpan(*place) for place in sorted(places))


def _find_workbook(source: Path) -> Path:
    if source.is_file():
        return source
    paths = [path for path in sorted(source.glob("*.xlsx")) if not path.name.startswith("~$")]
    if len(paths) != 1:
        names = ", ".join(path.name for path in paths) or "none"
        raise CorpusError(f"{source} should hold one .xlsx workbook, but holds {names}: name the file itself")
    return paths[0]


def _read_sheets(path: Path, names: Sequence[str]) -> dict[str, list[_Row]]:
    require("openpyxl", f"workbooks such as {path}")
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever a damaged file leads to
        raise CorpusError(f"{path} is not an .xlsx workbook ({error}): name PsyTAR's own") from None
    try:
        missing = [name for name in names if name not in book.sheetnames]
        if missing:
            sheets = ", ".join(book.sheetnames)
            raise CorpusError(f"{path} has no sheet {missing[0]}, but {sheets}: name PsyTAR's own workbook")
        return {name: list(_read_rows(path, book[name])) for name in names}
    except CorpusError:
        raise
    except Exception as error:  # rows are read here
        raise CorpusError(f"{path} is a damaged workbook ({error}): copy it again") from None
    finally:
        book.close()


def _read_rows(path: Path, sheet: Any) -> Iterator[_Row]:
    """Yield the rows of a sheet with their numbers, by the names of the header in lower case."""
    rows = sheet.iter_rows(values_only=True)
    header = [str(value or "").strip().lower() for value in next(rows, ())]
    missing = [name for name in _KEY if name not in header]
    if missing:
        raise CorpusError(f"{path}, sheet {sheet.title}: no column {missing[0]} in the header {header[:12]}")
    for number, values in enumerate(rows, 2):
        yield number, dict(zip(header, values, strict=False))


def _key_of(row: dict[str, Any]) -> tuple[str, str]:
    drug, index = row["drug_id"], row["sentence_index"]
    return str(drug or "").strip(), "" if index is None else str(index).strip().removesuffix(".0")


def _is_set(value: Any) -> bool:
    return value is not None and bool(str(value).strip())


def _is_marked(value: Any) -> bool:
    return _is_set(value) and str(value).strip() not in ("0", "0.0")
