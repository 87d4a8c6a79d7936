from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.corpus_options import CorpusOptions
from training.corpora.jsonl import read_jsonl, read_records
from training.corpora.prepared import to_jsonl
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

SPAN = {"start": 0, "end": 4, "text": "Rash", "ptid": "10037844"}


def write_rows(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_a_record_becomes_an_example(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "c.jsonl", {"id": "a", "text": "Rash again", "label": 1, "spans": [SPAN]}, ""
    )
    assert read_records(path) == [Example("a", "Rash again", 1, (AnnotatedSpan(0, 4, "10037844"),))]


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        ["a", "list"],
        {"id": "b", "text": "Rash", "label": 2},
        {"id": "b", "text": None, "label": 0},
        {"id": "b", "text": "Rash", "label": "maybe"},
        {"id": "b", "text": "a Rash", "label": 1, "spans": [SPAN]},
        {"id": "b", "text": "Rash", "label": 0, "spans": [SPAN]},
        {"id": "b", "text": "Ra", "label": 1, "spans": [{"start": 0, "end": 4}]},
        {"id": "b", "text": "Rash", "label": 1, "spans": ["Rash"]},
    ],
)
def test_a_malformed_row_is_reported_with_file_and_line(tmp_path: Path, bad: object) -> None:
    path = write_rows(tmp_path / "c.jsonl", {"id": "a", "text": "fine", "label": 0}, bad)
    with pytest.raises(CorpusError, match=r"c\.jsonl, line 2"):
        read_records(path)


@pytest.mark.parametrize(("label", "value"), [("ADE", 1), ("noADE", 0), ("1", 1), (True, 1), (False, 0)])
def test_a_label_may_be_a_word(tmp_path: Path, label: object, value: int) -> None:
    path = write_rows(tmp_path / "c.jsonl", {"id": "a", "text": "Rash", "label": label})
    assert read_records(path)[0].label == value


def test_a_context_is_read(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "c.jsonl", {"id": "a", "text": "Rash", "label": 1, "context": "pillex"})
    assert read_records(path)[0].context == "pillex"


def test_offsets_in_utf16_units_are_converted_if_there_is_a_log(tmp_path: Path) -> None:
    span = {"start": 8, "end": 12}
    row = {"id": "a", "text": "😀😀 so Rash today", "label": 1, "spans": [span]}
    path = write_rows(tmp_path / "c.jsonl", row)
    log = ReadingLog()
    assert read_records(path, log)[0].spans == (AnnotatedSpan(6, 10),)
    assert log.noted.total() == 1
    with pytest.raises(CorpusError, match=r"c\.jsonl.*--offsets utf16"):
        read_records(path)


def test_offsets_can_be_declared(tmp_path: Path) -> None:
    row = {"id": "a", "text": "é Rash today", "label": 1, "spans": [{"start": 3, "end": 7}]}
    path = write_rows(tmp_path / "c.jsonl", row)
    for unit, place in (("codepoints", (3, 7)), ("bytes", (2, 6))):
        options = CorpusOptions(offsets=unit)  # type: ignore[arg-type]
        assert read_records(path, None, options)[0].spans == (AnnotatedSpan(*place),)


def test_a_missing_corpus_is_reported_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"gone\.jsonl"):
        read_records(tmp_path / "gone.jsonl")


def test_codes_names_and_documents_are_kept(tmp_path: Path) -> None:
    span = {**SPAN, "llt": "10037845", "pt_name": "Rash"}
    row = {"id": 7, "text": "Rash", "label": 1, "spans": [span], "document": "label 1", "drugs": ["x"]}
    assert read_records(write_rows(tmp_path / "c.jsonl", row)) == [
        Example("7", "Rash", 1, (AnnotatedSpan(0, 4, "10037844", "Rash", "10037845"),), "label 1")
    ]


def test_lines_at_fault_are_logged_and_the_others_are_read(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "c.jsonl",
        {"id": "a", "text": "fine", "label": 0},
        "no json",
        {"id": "b", "text": "a Rash", "label": 1, "spans": [SPAN]},
        "[" * 100_000,
        {"id": "c", "text": "\ud83d", "label": 0},
        {"id": "d", "text": "fine too", "label": 0},
    )
    log = ReadingLog()
    assert [example.id for example in read_records(path, log)] == ["a", "d"]
    assert log.dropped == {"malformed record": 3, "offset mismatch": 1}
    assert [fault.line for fault in log.places["malformed record"]] == [2, 4, 5]


def test_the_files_of_a_folder_are_its_splits(tmp_path: Path) -> None:
    for name in ("training", "dev", "test"):
        write_rows(tmp_path / f"{name}.jsonl", {"id": name, "text": "fine", "label": 0})
    splits = read_jsonl(tmp_path, ReadingLog())
    assert {name: [e.id for e in examples] for name, examples in splits.items()} == {
        "train": ["training"],
        "valid": ["dev"],
        "test": ["test"],
    }


def test_a_single_file_of_any_name_is_read(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "mine.jsonl", {"id": "a", "text": "fine", "label": 0})
    assert list(read_jsonl(path, ReadingLog())) == ["all"]


def test_a_folder_of_files_that_name_no_split_is_rejected(tmp_path: Path) -> None:
    for name in ("tweets", "posts"):
        write_rows(tmp_path / f"{name}.jsonl", {"id": name, "text": "fine", "label": 0})
    with pytest.raises(CorpusError, match=r"posts\.jsonl"):
        read_jsonl(tmp_path, ReadingLog())


@st.composite
def examples(draw: st.DrawFn) -> Example:
    text = draw(st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip))
    label = draw(st.integers(0, 1))
    spans = []
    for _ in range(draw(st.integers(0, 3)) if label else 0):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        code, name = draw(st.none() | st.just("10037844")), draw(st.none() | st.just("Rash"))
        spans.append(AnnotatedSpan(start, end, code, name))
    return Example(draw(st.text("ab1#", min_size=1)), text, label, tuple(spans), draw(st.text("d ")))


@given(st.lists(examples(), max_size=5))
def test_written_examples_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, some_examples: list[Example]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.jsonl"
    path.write_bytes(to_jsonl(some_examples))
    assert read_records(path) == some_examples


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"{}", b"null", b'{"text": "a", "label": 0}'])))
def test_every_line_of_any_file_becomes_an_example_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "wild.jsonl"
    path.write_bytes(b"\n".join(lines))
    log = ReadingLog()
    try:
        read = read_records(path, log)
    except CorpusError as error:
        assert "UTF-8" in str(error)
    else:
        filled = [line for line in path.read_text().split("\n") if line.strip()]
        assert len(read) + log.dropped.total() == len(filled)


def test_a_byte_order_mark_does_not_belong_to_the_first_record(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "Rash again", "label": 0}), encoding="utf-8-sig")
    assert [example.id for example in read_records(path)] == ["a"]
