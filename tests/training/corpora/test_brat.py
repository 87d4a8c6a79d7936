from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.corpora.brat import read_brat
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode())


def _read(source: Path, log: ReadingLog | None = None) -> list[Example]:
    return read_brat(source, log or ReadingLog())["all"]


def test_a_document_with_its_annotations_next_to_it_is_read(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", "pillex makes me yawn")
    _write(tmp_path / "a.ann", "T1\tADR 13 20\tme yawn\nT2\tDrug 0 6\tpillex\nR1\tcauses Arg1:T2 Arg2:T1\n")
    log = ReadingLog()
    assert _read(tmp_path, log) == [Example("a:0", "pillex makes me yawn", 1, (AnnotatedSpan(13, 20),), "a")]
    assert log.counts["entities of type Drug, left out"] == 1


@pytest.mark.parametrize(
    "kind", ["ADE", "adverse_effect", "Adverse-Reaction", "AdverseDrugEvent", "SideEffect"]
)
def test_other_names_of_the_type_are_effects_too(tmp_path: Path, kind: str) -> None:
    _write(tmp_path / "a.txt", "me yawn")
    _write(tmp_path / "a.ann", f"T1\t{kind} 3 7\tyawn\n")
    assert _read(tmp_path)[0].spans == (AnnotatedSpan(3, 7),)


def test_folders_with_names_of_splits_are_splits(tmp_path: Path) -> None:
    for folder in ("training", "dev", "test"):
        _write(tmp_path / folder / "a.txt", f"{folder}: yawn")
        _write(tmp_path / folder / "a.ann", f"T1\tADR {len(folder) + 2} {len(folder) + 6}\tyawn\n")
    splits = read_brat(tmp_path, ReadingLog())
    assert {split: [example.text for example in examples] for split, examples in splits.items()} == {
        "train": ["training: yawn"],
        "valid": ["dev: yawn"],
        "test": ["test: yawn"],
    }


def test_offsets_count_both_characters_of_a_windows_line_end(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", "😴 took it\r\nmy skin burns")
    _write(tmp_path / "a.ann", "T1\tADR 14 24\tskin burns\n")
    (example,) = _read(tmp_path)
    assert example.text[example.spans[0].start : example.spans[0].end] == "skin burns"


def test_a_file_in_latin_1_is_read_with_every_character(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("café gave me hives".encode("latin-1"))
    _write(tmp_path / "a.ann", "T1\tADR 13 18\thives\n")
    assert _read(tmp_path)[0] == Example("a:0", "café gave me hives", 1, (AnnotatedSpan(13, 18),), "a")


@pytest.mark.parametrize(
    "row", ["N1\tReference T1 MedDRA:10048232\tYawning", "#1\tAnnotatorNotes T1\t10048232"]
)
def test_codes_stand_in_normalizations_or_in_notes(tmp_path: Path, row: str) -> None:
    _write(tmp_path / "a.txt", "me yawn")
    _write(tmp_path / "a.ann", f"T1\tADR 3 7\tyawn\n{row}\n")
    assert _read(tmp_path)[0].spans == (AnnotatedSpan(3, 7, "10048232"),)


def test_the_trigger_of_an_event_is_not_an_effect(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", "it caused yawning")
    _write(
        tmp_path / "a.ann",
        "T1\tAdverse_event 3 9\tcaused\nT2\tADE 10 17\tyawning\nE1\tAdverse_event:T1 Effect:T2\n",
    )
    assert _read(tmp_path)[0].spans == (AnnotatedSpan(10, 17),)


@pytest.mark.parametrize(
    "row", ["T1\tADR 3 seven\tyawn", "T1\tADR 3 7", "T1\tADR 3 7;9\tyawn", "T1\tADR 7 3\tyawn"]
)
def test_a_malformed_row_is_dropped_with_its_place(tmp_path: Path, row: str) -> None:
    _write(tmp_path / "a.txt", "me yawn, me hot")
    _write(tmp_path / "a.ann", f"T2\tADR 12 15\thot\n{row}\n")
    log = ReadingLog()
    assert _read(tmp_path, log)[0].spans == (AnnotatedSpan(12, 15),)
    assert [(fault.path.name, fault.line) for fault in log.places["malformed row"]] == [("a.ann", 2)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet="TN#ER123 ;:\t\nADR", max_size=40)))
def test_a_valid_row_is_read_whatever_the_other_rows_are(tmp_path: Path, rows: list[str]) -> None:
    _write(tmp_path / "a.txt", "me yawn")
    _write(tmp_path / "a.ann", "\n".join(["T99\tADR 3 7\tyawn", *rows]))
    assert AnnotatedSpan(3, 7) in _read(tmp_path)[0].spans


def test_a_text_without_annotations_is_dropped(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", "me yawn")
    _write(tmp_path / "a.ann", "T1\tADR 3 7\tyawn\n")
    _write(tmp_path / "README.txt", "about this")
    log = ReadingLog()
    assert len(_read(tmp_path, log)) == 1
    assert log.dropped["text without annotations"] == 1


def test_a_corpus_without_adverse_effects_is_reported_with_its_types(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", "me yawn")
    _write(tmp_path / "a.ann", "T1\tVerb 3 7\tyawn\n")
    with pytest.raises(CorpusError, match="Verb"):
        _read(tmp_path)


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_a_corpus_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match=name):
        read_brat(tmp_path / name, ReadingLog())
