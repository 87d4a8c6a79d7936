"""Releases on the disk: valid ones in any encoding, and damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import Problem
from models.terminology import Llt, TerminologyError, inspect_release, read_release
from tests.release import LLTS, PTS, llt_row, path_row, pt_row, write_full_size, write_release, write_rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path / "release")


def append(path: Path, *rows: str) -> int:
    """Add rows, and return the line number of the first of them."""
    content = path.read_bytes()
    path.write_bytes(content + "".join(f"{row}\r\n" for row in rows).encode())
    return content.count(b"\n") + 1


def refusal(folder: Path) -> str:
    with pytest.raises(TerminologyError) as caught:
        read_release(folder)
    return str(caught.value)


def test_names_codes_currency_and_version_are_read(folder: Path) -> None:
    terms = read_release(folder)
    assert terms.version == "26.1"
    assert terms.pt_names == PTS
    assert terms.llts == tuple(Llt(code, name, pt, fg == "Y") for code, (name, pt, fg) in LLTS.items())
    assert [llt.name for llt in terms.llts if not llt.current] == ["Cephalalgia"]


def test_the_path_of_the_primary_soc_comes_first(folder: Path) -> None:
    insomnia = read_release(folder).paths["90000003"]
    assert [path.soc.name for path in insomnia] == ["Nerves", "Mind"]
    assert {path.hlt.name for path in insomnia} == {"Sleep"}
    assert insomnia[0].hlgt.name == "Group of Sleep"


def test_hierarchy_and_version_may_be_absent(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "bare", hierarchy=False, version="")
    inspection = inspect_release(folder)
    assert inspection.absent == ("mdhier.asc", "meddra_release.asc")
    assert inspection.terminology.paths == {}
    assert inspection.terminology.version == ""
    assert read_release(folder, version="9.0").version == "9.0"


def test_the_version_in_the_folder_overrides_the_argument(folder: Path) -> None:
    assert read_release(folder, version="9.0").version == "26.1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_each_encoding_and_line_end_is_read(tmp_path: Path, encoding: str, newline: str) -> None:
    rows = [pt_row("1", "Sjögren's syndrome"), pt_row("2", "Odd \x85 character")]
    (tmp_path / "pt.asc").write_bytes((newline.join(rows) + newline).encode(encoding))
    (tmp_path / "llt.asc").write_bytes((llt_row("3", "Sjögren", "1") + newline).encode(encoding))
    terms = read_release(tmp_path)
    assert terms.pt_names == {"1": "Sjögren's syndrome", "2": "Odd \x85 character"}
    assert terms.llts == (Llt("3", "Sjögren", "1"),)


@pytest.mark.parametrize("name", ["pt.asc", "llt.asc"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert str(folder / name) in refusal(folder)


def test_a_subfolder_with_the_files_is_suggested(tmp_path: Path) -> None:
    inner = write_release(tmp_path / "MedAscii")
    assert str(inner) in refusal(tmp_path).replace(str(tmp_path / "pt.asc"), "")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["pt.asc", "llt.asc", "mdhier.asc"])
@pytest.mark.parametrize("lost", [5, 12, 30])
def test_a_file_that_was_cut_off_is_named_with_its_last_line(folder: Path, name: str, lost: int) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-lost])
    last = content[:-lost].count(b"\n") + 1
    assert f"{folder / name}, line {last}:" in refusal(folder)


def test_a_file_cut_off_within_a_character_is_still_utf_8(tmp_path: Path) -> None:
    write_rows(tmp_path / "llt.asc", [llt_row("1", "Sjögren's syndrome", "1")])
    whole = f"{pt_row('1', 'Sjögren syndrome')}\n{pt_row('2', 'Sjögren')}".encode()
    (tmp_path / "pt.asc").write_bytes(whole[: whole.rindex("ö".encode()) + 1])
    inspection = inspect_release(tmp_path)
    assert inspection.terminology.pt_names == {"1": "Sjögren syndrome"}
    assert [fault.line for fault in inspection.faults] == [2]


def test_an_llt_without_its_pt_is_named(folder: Path) -> None:
    line = append(folder / "llt.asc", llt_row("80000099", "Itch", "90000099"))
    message = refusal(folder)
    assert f"llt.asc, line {line}" in message
    assert "90000099" in message


def test_a_path_without_its_pt_is_named(folder: Path) -> None:
    line = append(folder / "mdhier.asc", path_row("90000099", ("71", "Nausea symptoms"), ("51", "Gut"), "Y"))
    message = refusal(folder)
    assert f"mdhier.asc, line {line}" in message
    assert "90000099" in message


@pytest.mark.parametrize("name", ["pt.asc", "llt.asc", "mdhier.asc"])
def test_an_empty_file_or_field_is_named(folder: Path, name: str) -> None:
    content = (folder / name).read_text()
    (folder / name).write_text(content + "$".join(["", *content.splitlines()[0].split("$")[1:]]) + "\n")
    assert f"line {content.count(chr(10)) + 1}: field 1" in refusal(folder)
    (folder / name).write_text("\n\n")
    assert str(folder / name) in refusal(folder)


def test_terms_and_versions_that_are_too_long_are_named(folder: Path) -> None:
    (folder / "meddra_release.asc").write_text(f"{'9' * 41}$English$$$$\n")
    assert "meddra_release.asc, line 1: 41 characters" in refusal(folder)
    line = append(folder / "pt.asc", pt_row("90000009", "A" * 501))
    assert f"pt.asc, line {line}: field 2 has 501 characters" in refusal(folder)
    append(folder / "llt.asc", llt_row("8" * 501, "Nausea", "90000001"))
    assert [fault.path.name for fault in inspect_release(folder).faults] == [
        "pt.asc",
        "llt.asc",
        "meddra_release.asc",
    ]


def test_repeated_rows_count_once_and_contradictions_are_named(folder: Path) -> None:
    before = read_release(folder)
    append(folder / "pt.asc", pt_row("90000001", "Nausea"))
    append(folder / "llt.asc", llt_row("80000006", "Dizzy", "90000004"))
    append(folder / "mdhier.asc", path_row("90000001", ("71", "Nausea symptoms"), ("51", "Gut"), "Y"))
    assert read_release(folder) == before
    lines = {
        "pt.asc": append(folder / "pt.asc", pt_row("90000001", "Vomiting")),
        "llt.asc": append(folder / "llt.asc", llt_row("80000006", "Dizzy", "90000001")),
        "mdhier.asc": append(
            folder / "mdhier.asc", path_row("90000002", ("71", "Another name"), ("51", "Gut"), "N")
        ),
    }
    faults = inspect_release(folder).faults
    assert {(fault.path.name, fault.line) for fault in faults} == set(lines.items())


def test_a_second_primary_soc_of_a_pt_is_named(folder: Path) -> None:
    line = append(
        folder / "mdhier.asc", path_row("90000001", ("71", "Nausea symptoms"), ("54", "Heart"), "Y")
    )
    assert f"line {line}" in refusal(folder)


def test_the_error_has_the_number_of_further_faults(folder: Path) -> None:
    append(folder / "llt.asc", *(llt_row(f"8100{number}", "Itch", "999") for number in range(7)))
    assert len(inspect_release(folder).faults) == 7
    with pytest.raises(TerminologyError, match="6 more") as caught:
        read_release(folder)
    assert caught.value.problem is Problem.RELEASE_HAS_FAULTS
    assert caught.value.details == {"folder": folder}


def test_rows_without_a_fault_are_read_despite_others(folder: Path) -> None:
    before = read_release(folder)
    append(folder / "pt.asc", "90000009$Cut")
    append(folder / "llt.asc", llt_row("80000099", "Itch", "90000009"))
    inspection = inspect_release(folder)
    assert inspection.terminology == before
    assert len(inspection.faults) == 2


def test_a_release_of_full_size_is_read_completely(tmp_path: Path) -> None:
    terms = read_release(write_full_size(tmp_path))
    assert (len(terms.pt_names), len(terms.llts), len(terms.paths)) == (27_000, 80_000, 27_000)
    assert terms.pt_of("20052999") == f"{10_000_000 + 52_999 % 27_000}"
    assert terms.pt_names["10000007"] == "Invented condition 7 of système"


def test_a_single_fault_is_named_without_a_number(folder: Path) -> None:
    append(folder / "llt.asc", llt_row("80000099", "Itch", "999"))
    with pytest.raises(TerminologyError) as caught:
        read_release(folder)
    assert "more" not in str(caught.value)
    assert caught.value.problem is None


def test_a_term_of_the_greatest_length_is_valid(folder: Path) -> None:
    append(folder / "pt.asc", pt_row("90000009", "A" * 500))
    (folder / "meddra_release.asc").write_text(f"{'9' * 40}$English$$$$\n")
    terms = read_release(folder)
    assert (len(terms.pt_names["90000009"]), terms.version) == (500, "9" * 40)


def test_a_path_below_no_primary_soc_is_kept(folder: Path) -> None:
    append(folder / "pt.asc", pt_row("90000009", "Rash"))
    append(folder / "mdhier.asc", path_row("90000009", ("71", "Nausea symptoms"), ("51", "Gut"), "N"))
    assert [path.soc.name for path in read_release(folder).paths["90000009"]] == ["Gut"]


def test_llts_of_a_release_without_currency_are_current(folder: Path) -> None:
    write_rows(folder / "llt.asc", ["80000004$Cephalalgia$90000002$", "80000006$Dizzy$90000004$"])
    assert [llt.current for llt in read_release(folder).llts] == [True, True]
