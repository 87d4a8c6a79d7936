"""Codes, names and hierarchy of a terminology."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.terminology import Terminology, read_release
from tests.release import PTS, write_release


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Terminology:
    return read_release(write_release(tmp_path_factory.mktemp("release")))


@pytest.mark.parametrize(
    ("code", "ptid"),
    [("90000001", "90000001"), ("80000002", "90000001"), ("80000004", "90000002"), ("1", None), ("", None)],
)
def test_pt_and_llt_codes_have_their_pt(terms: Terminology, code: str, ptid: str | None) -> None:
    assert terms.pt_of(code) == ptid


def test_a_pt_needs_no_llt_of_the_same_code() -> None:
    assert Terminology({"1": "Rash"}).pt_of("1") == "1"


def test_codes_are_found_by_names_in_lower_case(terms: Terminology) -> None:
    assert terms.codes_by_name() == {name.lower(): code for code, name in PTS.items()}


def test_a_pt_has_all_socs_and_hlts_above_it(terms: Terminology) -> None:
    assert terms.socs("90000003") == {"52", "53"}
    assert terms.hlts("90000003") == terms.hlts("90000005") == {"73"}
    assert terms.hlts("90000003").isdisjoint(terms.hlts("90000004"))


def test_nothing_is_above_an_unknown_pt_or_without_a_hierarchy(terms: Terminology, tmp_path: Path) -> None:
    without_hierarchy = read_release(write_release(tmp_path, hierarchy=False))
    for terminology, ptid in ((terms, "1"), (without_hierarchy, "90000003")):
        assert terminology.hlts(ptid) == terminology.socs(ptid) == frozenset()
