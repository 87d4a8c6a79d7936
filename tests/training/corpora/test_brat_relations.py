"""brat with relations, as in TwiMed; whole documents; and offsets in other units."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.corpora.brat import read_brat
from training.corpora.corpus_options import CorpusOptions
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

TEXT = "took pillex for pain, got hives"
ENTITIES = "T1\tDrug 5 11\tpillex\nT2\tSymptom 16 20\tpain\nT3\tSymptom 26 31\thives\n"


def read(folder: Path, text: str, rows: str, **options: object) -> list[Example]:
    (folder / "a.txt").write_bytes(text.encode())
    (folder / "a.ann").write_bytes(rows.encode())
    return read_brat(folder, ReadingLog(), CorpusOptions(**options))["all"]  # type: ignore[arg-type]


def test_a_symptom_is_an_effect_if_its_relation_says_so(tmp_path: Path) -> None:
    rows = f"{ENTITIES}R1\tReason-to-use Arg1:T1 Arg2:T2\nR2\tOutcome-negative Arg1:T1 Arg2:T3\t\n"
    assert read(tmp_path, TEXT, rows) == [Example("a:0", TEXT, 1, (AnnotatedSpan(26, 31),), "a")]


def test_symptoms_without_an_adverse_relation_are_left_out(tmp_path: Path) -> None:
    rows = f"{ENTITIES}R1\tOutcome-negative Arg1:T3 Arg2:T1\nR2\tOutcome-positive Arg1:T1 Arg2:T2\n"
    [example] = read(tmp_path, TEXT, rows)
    assert [example.text[span.start : span.end] for span in example.spans] == ["hives"]


def test_relations_and_types_can_be_chosen(tmp_path: Path) -> None:
    rows = f"{ENTITIES}R1\tworsens Arg1:T1 Arg2:T2\n"
    assert read(tmp_path, TEXT, rows, effect_relations=("worsens",))[0].spans == (AnnotatedSpan(16, 20),)
    assert len(read(tmp_path, TEXT, rows, effect_labels=("symptom",))[0].spans) == 2


def test_without_any_effect_types_and_relations_are_listed(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Symptom.*Reason-to-use.*--effect-relation"):
        read(tmp_path, TEXT, f"{ENTITIES}R1\tReason-to-use Arg1:T1 Arg2:T2\n")


def test_a_long_document_stays_whole_on_request(tmp_path: Path) -> None:
    text = "First I took pillex. " * 20 + "\nThen I got hives.\n"
    start = text.index("hives")
    rows = f"T1\tADR {start} {start + 5}\thives\n"
    assert len(read(tmp_path, text, rows)) > 1
    [example] = read(tmp_path, text, rows, whole_documents=True)
    [span] = example.spans
    assert len(example.text) == len(text.strip())
    assert example.text[span.start : span.end] == "hives"


@pytest.mark.parametrize("chosen", [None, "utf16"])
def test_offsets_of_annotators_in_javascript_are_converted(tmp_path: Path, chosen: str | None) -> None:
    text = "😀😀 pillex gave me hives and a rash"
    rows = "T1\tADR 20 25\thives\nT2\tADR 20 25;32 36\thives rash\n"
    [example] = read(tmp_path, text, rows, offsets=chosen)
    assert [text[span.start : span.end] for span in example.spans] == ["hives", "hives and a rash"]
