"""The groups of the PTs of a release: its hierarchy, in one file or in six, its SMQs, and damaged files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.terminology import (
    GroupKind,
    Scope,
    TerminologyError,
    inspect_grouped_release,
    read_grouped_release,
)
from tests.release import path_row, smq_row, smq_term_row, write_levels, write_release, write_rows

LEVEL_FILES = ("soc.asc", "hlgt.asc", "hlt.asc", "soc_hlgt.asc", "hlgt_hlt.asc", "hlt_pt.asc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path / "release", smqs=True)


def names(folder: Path, ptid: str, kind: GroupKind) -> set[str]:
    groups = read_grouped_release(folder).groups()
    return {group.name for group in groups if group.ptid == ptid and group.kind is kind}


def append(path: Path, *rows: str) -> int:
    """Add rows, and return the line number of the first of them."""
    content = path.read_bytes()
    path.write_bytes(content + "".join(f"{row}\r\n" for row in rows).encode())
    return content.count(b"\n") + 1


def test_a_pt_belongs_to_all_its_socs_and_to_one_primary_soc(folder: Path) -> None:
    assert names(folder, "90000003", GroupKind.SOC) == {"Nerves", "Mind"}
    assert names(folder, "90000003", GroupKind.PRIMARY_SOC) == {"Nerves"}
    assert names(folder, "90000003", GroupKind.HLT) == {"Sleep"}
    assert names(folder, "90000003", GroupKind.HLGT) == {"Group of Sleep"}


def test_a_broad_search_has_the_narrow_terms_too_and_those_of_child_smqs(folder: Path) -> None:
    smqs = read_grouped_release(folder).smqs
    scopes = {ptid: term.scope for ptid, term in smqs.terms_of("20000001").items()}
    assert scopes == {
        "90000002": Scope.NARROW,
        "90000004": Scope.BROAD,
        "90000003": Scope.NARROW,
        "90000005": Scope.BROAD,
    }
    assert names(folder, "90000003", GroupKind.SMQ_NARROW) == {"Head", "Sleepless"}
    assert names(folder, "90000005", GroupKind.SMQ_NARROW) == set()
    assert names(folder, "90000005", GroupKind.SMQ_BROAD) == {"Head", "Sleepless"}
    assert names(folder, "90000002", GroupKind.SMQ_BROAD) == {"Head"}


def test_algorithms_categories_and_weights_are_kept(folder: Path) -> None:
    release = read_grouped_release(folder)
    assert release.smqs.by_code["20000001"].algorithm == "A or (B and C)"
    assert release.smqs.by_code["20000002"].algorithm is None
    [dizziness] = [
        group for group in release.groups() if group.ptid == "90000004" and group.kind is GroupKind.SMQ_BROAD
    ]
    assert (dizziness.category, dizziness.weight) == ("B", 2)


def test_a_term_that_is_narrow_in_one_part_of_an_smq_is_narrow_in_all_of_it(folder: Path) -> None:
    append(folder / "smq_content.asc", smq_term_row("20000001", "90000005", "4", "2"))
    assert read_grouped_release(folder).smqs.terms_of("20000001")["90000005"].scope is Scope.NARROW


def test_an_inactive_smq_is_left_out_with_its_terms(folder: Path) -> None:
    write_rows(folder / "smq_list.asc", [smq_row("20000001", "Head"), smq_row("20000002", "x", status="I")])
    smqs = read_grouped_release(folder).smqs
    assert {*smqs.by_code} == {"20000001"}
    assert {*smqs.terms_of("20000001")} == {"90000002", "90000004"}


def test_six_files_replace_mdhier_with_the_same_paths(tmp_path: Path) -> None:
    whole = write_release(tmp_path / "whole")
    parts = write_release(tmp_path / "parts", hierarchy=False)
    write_levels(parts)
    expected = read_grouped_release(whole).paths
    paths = read_grouped_release(parts).paths
    # Files with one link a row cannot limit a SOC to some PTs of an HLT, so Somnolence gets "Mind", too.
    assert [paths[ptid][0] for ptid in paths] == [expected[ptid][0] for ptid in paths]
    assert paths["90000003"] == expected["90000003"]


@pytest.mark.parametrize("missing", LEVEL_FILES)
def test_without_mdhier_and_one_of_the_six_there_is_no_hierarchy(tmp_path: Path, missing: str) -> None:
    folder = write_release(tmp_path / "parts", hierarchy=False)
    write_levels(folder)
    (folder / missing).unlink()
    inspection = inspect_grouped_release(folder)
    assert inspection.faults == ()
    assert inspection.absent == ("hierarchy", "smqs")
    assert list(inspection.release.groups()) == []


@pytest.mark.parametrize("missing", ["smq_list.asc", "smq_content.asc"])
def test_without_a_file_of_smqs_the_rest_is_read(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    inspection = inspect_grouped_release(folder)
    assert inspection.absent == ("smqs",)
    assert {group.kind for group in inspection.release.groups()} == {
        GroupKind.SOC,
        GroupKind.PRIMARY_SOC,
        GroupKind.HLGT,
        GroupKind.HLT,
    }


DAMAGED = {
    "an unknown PT": ("smq_content.asc", smq_term_row("20000001", "99999999", "4", "1")),
    "an unknown level": ("smq_content.asc", smq_term_row("20000001", "90000005", "3", "1")),
    "an unknown scope": ("smq_content.asc", smq_term_row("20000001", "90000005", "4", "7")),
    "a weight that is text": ("smq_content.asc", smq_term_row("20000001", "90000005", "4", "1", weight="²")),
    "a row that is cut off": ("smq_content.asc", "20000001$9000"),
    "an SMQ of an unknown level": ("smq_list.asc", smq_row("20000009", "Name", "high")),
    "an SMQ with two names": ("smq_list.asc", smq_row("20000001", "Another head")),
    "a path of an unknown PT": ("mdhier.asc", path_row("99999999", ("71", "x"), ("51", "Gut"), "Y")),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_row_is_refused_with_its_file_and_line(folder: Path, name: str) -> None:
    file, row = DAMAGED[name]
    line = append(folder / file, row)
    with pytest.raises(TerminologyError) as caught:
        read_grouped_release(folder)
    assert f"{folder / file}, line {line}: " in str(caught.value)


def test_an_smq_that_contains_itself_is_refused(folder: Path) -> None:
    append(folder / "smq_content.asc", smq_term_row("20000002", "20000001", "0", "0"))
    inspection = inspect_grouped_release(folder)
    assert [fault.path.name for fault in inspection.faults] == ["smq_content.asc"]
    # What can be read is still there, and evaluating it ends.
    assert list(inspection.release.groups())


@pytest.mark.parametrize("file", ["soc.asc", "hlgt.asc", "hlt.asc"])
def test_levels_that_contradict_mdhier_are_refused(folder: Path, file: str) -> None:
    write_levels(folder)
    assert inspect_grouped_release(folder).faults == ()
    lines = (folder / file).read_text().splitlines()
    write_rows(folder / file, [lines[0].replace("$", "$Not ", 1), *lines[1:]])
    assert {fault.path.name for fault in inspect_grouped_release(folder).faults} == {file}


def test_a_link_to_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "parts", hierarchy=False)
    write_levels(folder)
    line = append(folder / "hlt_pt.asc", "79$90000001$")
    with pytest.raises(TerminologyError, match=f"hlt_pt.asc, line {line}: "):
        read_grouped_release(folder)


FIELDS = st.sampled_from(["20000001", "20000002", "90000001", "71", "51", "0", "1", "4", "A", "", "N", "é"])
ROWS = st.lists(st.lists(FIELDS | st.text(max_size=5), max_size=12).map("$".join), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=st.sampled_from([*LEVEL_FILES, "smq_list.asc", "smq_content.asc", "mdhier.asc"]), rows=ROWS)
def test_any_content_is_read_or_refused(tmp_path: Path, file: str, rows: list[str]) -> None:
    folder = write_release(tmp_path / "any", smqs=True)
    write_levels(folder)
    (folder / file).write_bytes("\n".join(rows).encode("utf-8", "surrogatepass"))
    inspection = inspect_grouped_release(folder)
    list(inspection.release.groups())
    for fault in inspection.faults:
        str(fault).encode("utf-8", "surrogatepass")
