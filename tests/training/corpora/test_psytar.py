from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from training.corpora.corpus_options import CorpusOptions
from training.corpora.psytar import read_psytar
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

HEADER = ["id", "drug_id", "sentence_index", "sentences"]


def _workbook(
    folder: Path, sentences: list[list[Any]], effects: list[list[Any]], **others: list[list[Any]]
) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheets = {
        "Sample": [["drug_id", "rating"]],
        "Sentence_Labeling": [[*HEADER, "ADR", "WD"], *sentences],
        "ADR_Identified": [[*HEADER, "ADR1", "ADR2", "ADR3"], *effects],
        "WD_Identified": [[*HEADER, "WD1", "WD2"]],
    }
    for name, rows in (sheets | others).items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "PsyTAR.xlsx"
    book.save(path)
    return path


def _read(path: Path, log: ReadingLog | None = None) -> list[Example]:
    return read_psytar(path, log or ReadingLog())["all"]


def test_effects_are_found_in_their_sentences(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path,
        [[1, "pillex.1", 1, "Dry mouth, and no  sleep", 1, None], [2, "pillex.1", 2, "it works", None, None]],
        [[1, "pillex.1", 1, "Dry mouth, and no  sleep", "no sleep", "dry mouth", None]],
    )
    assert _read(path) == [
        Example(
            "pillex.1:1",
            "Dry mouth, and no  sleep",
            1,
            (AnnotatedSpan(0, 9), AnnotatedSpan(15, 24)),
            "pillex.1",
            "pillex",
        ),
        Example("pillex.1:2", "it works", 0, (), "pillex.1", "pillex"),
    ]


def test_the_same_words_twice_are_two_spans(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path,
        [[1, "p.1", 1, "itch, more itch", 1, None]],
        [[1, "p.1", 1, "itch, more itch", "itch", "itch", None]],
    )
    assert _read(path)[0].spans == (AnnotatedSpan(0, 4), AnnotatedSpan(11, 15))


def test_words_with_others_between_them_are_covered_by_one_range(tmp_path: Path) -> None:
    text = "I gained a lot of weight"
    path = _workbook(
        tmp_path, [[1, "p.1", 1, text, 1, None]], [[1, "p.1", 1, text, "gained weight", None, None]]
    )
    log = ReadingLog()
    assert _read(path, log)[0].spans == (AnnotatedSpan(2, 24),)
    assert log.noted["discontinuous span, covered by one range"] == 1


def test_missing_words_are_dropped_and_the_sentence_stays_positive(
    tmp_path: Path,
) -> None:
    path = _workbook(
        tmp_path, [[1, "p.1", 1, "so odd", 1, None]], [[1, "p.1", 1, "so odd", "headache", "odd", None]]
    )
    log = ReadingLog()
    assert _read(path, log) == [Example("p.1:1", "so odd", 1, (AnnotatedSpan(3, 6),), "p.1", "p")]
    assert [(fault.path.name, fault.line) for fault in log.places["offset mismatch"]] == [("PsyTAR.xlsx", 2)]
    with pytest.raises(CorpusError, match="line 2"):
        _read(path, ReadingLog(strict=True))


@pytest.mark.parametrize(
    ("mark", "label"), [(1, 1), (1.0, 1), ("!", 1), ("*", 1), (0, 0), (None, 0), (" ", 0)]
)
def test_a_mark_of_any_kind_makes_a_sentence_positive(tmp_path: Path, mark: Any, label: int) -> None:
    assert _read(_workbook(tmp_path, [[1, "p.1", 1, "hm", mark, None]], []))[0].label == label


@pytest.mark.parametrize(
    ("labels", "label", "spans"),
    [((), 1, (AnnotatedSpan(0, 4),)), (("wd",), 1, (AnnotatedSpan(0, 4),)), (("ADR",), 0, ())],
)
def test_withdrawal_is_an_effect_unless_only_reactions_are_asked_for(
    tmp_path: Path, labels: tuple[str, ...], label: int, spans: tuple[AnnotatedSpan, ...]
) -> None:
    row = [1, "p.1", 1, "zaps when I stop"]
    withdrawal = [[*HEADER, "WD1", "WD2"], [*row, "zaps", None]]
    path = _workbook(tmp_path, [[*row, None, 1]], [], WD_Identified=withdrawal)
    [example] = read_psytar(path, ReadingLog(), CorpusOptions(effect_labels=labels))["all"]
    assert (example.label, example.spans) == (label, spans)


def test_another_kind_of_effect_is_refused(tmp_path: Path) -> None:
    path = _workbook(tmp_path, [], [])
    with pytest.raises(CorpusError, match="SSI"):
        read_psytar(path, ReadingLog(), CorpusOptions(effect_labels=("SSI",)))


def test_the_row_of_sums_is_skipped(tmp_path: Path) -> None:
    path = _workbook(tmp_path, [[1, "p.1", 1, "hm", None, None], [None, None, None, None, 99, 99]], [])
    assert len(_read(path)) == 1


def test_repeated_and_unknown_sentences_are_dropped(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path,
        [[1, "p.1", 1, "hm", None, None], [2, "p.1", 1, "hm", None, None]],
        [[1, "p.9", 4, "ow", "ow", None, None]],
    )
    log = ReadingLog()
    _read(path, log)
    assert log.dropped == {"repeated row": 1, "no such sentence": 1}


def test_the_folder_of_the_workbook_may_be_named(tmp_path: Path) -> None:
    _workbook(tmp_path, [[1, "p.1", 1, "hm", None, None]], [])
    assert len(_read(tmp_path)) == 1


def test_anything_but_the_workbook_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="xlsx"):
        _read(tmp_path)
    (tmp_path / "plain.xlsx").write_text("no workbook", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"plain\.xlsx"):
        _read(tmp_path / "plain.xlsx")
    (tmp_path / "plain.xlsx").unlink()
    with pytest.raises(CorpusError, match="drug_id"):
        _read(_workbook(tmp_path, [], [], ADR_Identified=[["x"]]))
