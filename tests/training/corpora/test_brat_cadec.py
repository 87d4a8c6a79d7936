from __future__ import annotations

from pathlib import Path

import pytest

from training.corpora.brat import read_brat
from training.corpora.reading_log import ReadingLog
from training.examples import AnnotatedSpan, Example

POST = "slept all day.\nmy knees and hips were sore, felt odd\n"


@pytest.fixture
def cadec(tmp_path: Path) -> Path:
    """Return the folder of a corpus with a post in the three folders, and codes of every kind."""
    root = tmp_path / "cadec"
    for folder, name, content in (
        ("text", "PILLEX.1.txt", POST),
        (
            "original",
            "PILLEX.1.ann",
            "T1\tADR 0 13\tslept all day\n"
            "#1\tAnnotatorNotes T1\tsleeps much\n"
            "T2\tADR 18 23;38 42\tknees sore\n"
            "T3\tADR 28 42\thips were sore\n"
            "T4\tADR 44 52\tfelt odd\n"
            "T5\tSymptom 18 23\tknees\n",
        ),
        (
            "meddra",
            "PILLEX.1.ann",
            "TT1\t10041349/10020765 0 13\tslept all day\n"
            "TT2\t10003239 18 23;38 42\tknees sore\n"
            "TT3\t10003239 + 10028411 28 42\thips were sore\n"
            "TT4\tCONCEPT_LESS 44 52\tfelt odd\n",
        ),
        ("text", "PILLEX.2.txt", "works well"),
        ("original", "PILLEX.2.ann", ""),
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_text(content, encoding="utf-8")
    return root


def _read(source: Path, log: ReadingLog | None = None) -> list[Example]:
    return read_brat(source, log or ReadingLog())["all"]


def test_effects_come_from_original_and_their_codes_from_meddra(cadec: Path) -> None:
    sore, fine = _read(cadec)
    assert sore.id == "PILLEX.1:0"
    assert sore.document == "PILLEX.1"
    assert sore.spans == (
        AnnotatedSpan(0, 13, "10041349"),
        AnnotatedSpan(18, 42, "10003239"),
        AnnotatedSpan(28, 42, "10003239"),
        AnnotatedSpan(44, 52),
    )
    assert fine == Example("PILLEX.2:0", "works well", 0, (), "PILLEX.2")


def test_discontinuous_spans_and_several_codes_are_counted(cadec: Path) -> None:
    log = ReadingLog()
    _read(cadec, log)
    assert log.noted["discontinuous span, covered by one range"] == 1
    assert log.noted["several codes for one span, the first kept"] == 2
    assert not log.dropped


def test_the_parent_folder_may_be_named(cadec: Path) -> None:
    assert _read(cadec.parent) == _read(cadec)


def test_offsets_of_pieces_may_be_separated_by_blanks(cadec: Path) -> None:
    codes = cadec / "meddra" / "PILLEX.1.ann"
    codes.write_text("TT2\t10003239 18 23 38 42\tknees sore\n", encoding="utf-8")
    assert AnnotatedSpan(18, 42, "10003239") in _read(cadec)[0].spans


def test_without_original_every_coded_row_is_an_effect(cadec: Path) -> None:
    for path in (cadec / "original").iterdir():
        path.unlink()
    (cadec / "original").rmdir()
    log = ReadingLog()
    (sore,) = _read(cadec, log)
    assert len(sore.spans) == 4
    assert log.dropped["text without annotations"] == 1


def test_without_meddra_the_spans_have_no_codes(cadec: Path) -> None:
    (cadec / "meddra" / "PILLEX.1.ann").unlink()
    assert {span.ptid for span in _read(cadec)[0].spans} == {None}
