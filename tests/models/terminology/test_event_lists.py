"""Lists of important medical events, in every form in which they are handed around."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Problem
from models.terminology import Terminology, TerminologyError, read_event_list, read_release
from tests.release import write_release

LISTS = {
    "codes": "90000002\n90000004\n",
    "names": "Headache\nDIZZINESS\n",
    "codes with a title": "Important events, version 26.1\n\nPT code\n90000002\n90000004\n",
    "CSV": 'code,name,soc\n90000002,"Headache","Nerves, all"\n90000004,Dizziness,Nerves\n',
    "semicolons, names first": "PT;Code\r\nHeadache;90000002\r\nDizziness;90000004\r\n",
    "tabs": "x\tPT code\n1\t90000002\n2\t90000004\n",
    "LLTs": "Head hurts\n80000006\n",
    "a byte order mark": "\ufeffcode\n90000002\n90000004\n",
    "repetitions": "90000002\n90000002\n90000004",
}


@pytest.fixture(scope="module")
def terminology(tmp_path_factory: pytest.TempPathFactory) -> Terminology:
    return read_release(write_release(tmp_path_factory.mktemp("list") / "release"))


def write(tmp_path: Path, content: bytes, name: str = "list.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", LISTS)
def test_each_form_of_a_list_is_read(
    tmp_path: Path, terminology: Terminology, name: str, encoding: str
) -> None:
    events = read_event_list(write(tmp_path, LISTS[name].encode(encoding)), terminology)
    assert events.ptids == ("90000002", "90000004")
    assert events.unknown == ()


def test_unknown_entries_are_reported_with_their_lines(tmp_path: Path, terminology: Terminology) -> None:
    path = write(tmp_path, b"PT code\n12345678\n90000002\n\nno such event\n90000004\n")
    events = read_event_list(path, terminology)
    assert events.ptids == ("90000002", "90000004")
    assert [(entry.line, entry.text) for entry in events.unknown] == [(2, "12345678"), (5, "no such event")]


def test_a_workbook_with_titles_above_and_other_sheets_is_read(
    tmp_path: Path, terminology: Terminology
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["About this list"])
    sheet = book.create_sheet("IME")
    for row in (["List of events"], [], ["MedDRA Code", "PT Name"], [90000002, "Headache"], [90000004, "?"]):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    events = read_event_list(write(tmp_path, file.getvalue(), "ime.xlsx"), terminology)
    assert events.ptids == ("90000002", "90000004")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"1,2,3\n", b"\xff\xfe\x00", b"PK\x03\x04 broken"])
def test_a_file_without_any_pt_is_refused_by_name(
    tmp_path: Path, terminology: Terminology, content: bytes
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(TerminologyError) as caught:
        read_event_list(path, terminology)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path, terminology: Terminology) -> None:
    with pytest.raises(TerminologyError):
        read_event_list(tmp_path / "none.txt", terminology)


def test_a_workbook_without_the_library_names_what_to_install(
    tmp_path: Path, terminology: Terminology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(TerminologyError) as caught:
        read_event_list(write(tmp_path, b"PK\x03\x04", "ime.xlsx"), terminology)
    assert caught.value.problem is Problem.WORKBOOKS_NOT_INSTALLED


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200)
    | st.lists(st.sampled_from(["90000002", "Headache", ",", "\t", '"', "\n", "\0", "é"]), max_size=30).map(
        lambda parts: "".join(parts).encode()
    )
)
def test_any_file_is_read_or_refused(tmp_path: Path, terminology: Terminology, content: bytes) -> None:
    try:
        events = read_event_list(write(tmp_path, content), terminology)
    except TerminologyError:
        return
    assert {*events.ptids} <= {*terminology.pt_names}
    assert events.ptids
