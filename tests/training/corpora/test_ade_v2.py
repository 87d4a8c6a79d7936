from __future__ import annotations

from pathlib import Path

import pytest

from training.corpora.ade_v2 import read_ade_v2
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

TWO_DRUGS = "Hiccups after pillex, and hiccups after zapex with a rash."


def _read(
    folder: Path, positives: str = "", negatives: str = "", log: ReadingLog | None = None
) -> list[Example]:
    (folder / "DRUG-AE.rel").write_text(positives, encoding="utf-8")
    (folder / "ADE-NEG.txt").write_text(negatives, encoding="utf-8")
    return read_ade_v2(folder, log or ReadingLog())["all"]


def _row(effect: str, begin: int, drug: str, drug_begin: int, sentence: str = TWO_DRUGS) -> str:
    ends = begin + len(effect), drug_begin + len(drug)
    return f"7|{sentence}|{effect}|{begin}|{ends[0]}|{drug}|{drug_begin}|{ends[1]}\n"


def test_rows_of_one_sentence_become_one_text_with_all_its_effects(tmp_path: Path) -> None:
    rows = _row("Hiccups", 500, "pillex", 514) + _row("rash", 553, "zapex", 540)
    assert _read(tmp_path, rows) == [
        Example("ade2:7:1", TWO_DRUGS, 1, (AnnotatedSpan(0, 7), AnnotatedSpan(53, 57)), "7")
    ]


def test_of_repeated_words_the_one_at_the_right_distance_from_the_drug_counts(tmp_path: Path) -> None:
    (example,) = _read(tmp_path, _row("hiccups", 526, "zapex", 540))
    assert example.spans == (AnnotatedSpan(26, 33),)


def test_an_effect_of_two_drugs_is_one_span(tmp_path: Path) -> None:
    (example,) = _read(tmp_path, _row("rash", 553, "zapex", 540) + _row("rash", 553, "pillex", 514))
    assert example.spans == (AnnotatedSpan(53, 57),)


def test_a_bar_in_the_sentence_does_not_split_it(tmp_path: Path) -> None:
    (example,) = _read(tmp_path, _row("rash", 9, "pillex", 0, "pillex | rash"))
    assert example.text == "pillex | rash"
    assert example.spans == (AnnotatedSpan(9, 13),)


def test_negative_sentences_are_read(tmp_path: Path) -> None:
    assert _read(tmp_path, negatives="12 NEG We saw NEG results.\n") == [
        Example("ade2:12:n1", "We saw NEG results.", 0, (), "12")
    ]


def test_a_sentence_in_both_files_counts_as_positive(tmp_path: Path) -> None:
    log = ReadingLog()
    examples = _read(tmp_path, _row("rash", 553, "zapex", 540), f"7 NEG {TWO_DRUGS}\n", log)
    assert [example.label for example in examples] == [1]
    assert log.dropped["both with and without an effect"] == 1


@pytest.mark.parametrize(
    ("positives", "negatives", "reason"),
    [
        ("7|no fields\n", "", "malformed row"),
        (f"7|{TWO_DRUGS}|rash|a|b|zapex|1|2\n", "", "malformed row"),
        (_row("cough", 1, "zapex", 40), "", "offset mismatch"),
        ("", "NEG without a number\n", "malformed row"),
    ],
)
def test_a_row_at_fault_is_dropped_with_its_line(
    tmp_path: Path, positives: str, negatives: str, reason: str
) -> None:
    log = ReadingLog()
    good = _row("rash", 9, "pillex", 0, "pillex | rash")
    _read(tmp_path, good + positives, "1 NEG fine\n" + negatives, log)
    assert [fault.line for fault in log.places[reason]] == [2]
    with pytest.raises(CorpusError, match="line 2"):
        _read(tmp_path, good + positives, "1 NEG fine\n" + negatives, ReadingLog(strict=True))


def test_half_of_the_corpus_is_read_and_logged(tmp_path: Path) -> None:
    (tmp_path / "ADE-NEG.txt").write_text("1 NEG fine\n", encoding="utf-8")
    log = ReadingLog()
    assert len(read_ade_v2(tmp_path, log)["all"]) == 1
    assert log.dropped["missing file"] == 1


def test_a_folder_without_the_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"DRUG-AE\.rel"):
        read_ade_v2(tmp_path, ReadingLog())
