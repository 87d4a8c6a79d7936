"""The names of a dictionary, in the order of their concepts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.normalizer import Labels, Names
from models.terminology import Llt, Terminology, read_release
from tests.release import write_release

RELEASE = Terminology(
    {"1": "Nausea", "2": "Headache"},
    (
        Llt("1", "Nausea", "1", True),
        Llt("2", "Headache", "2", True),
        Llt("21", "HEADACHE", "2", True),
        Llt("22", "Cephalalgia", "2", False),
        Llt("11", "Queasy", "1", True),
    ),
)


def test_each_name_of_a_release_occurs_once_after_the_name_of_its_pt() -> None:
    names = Names.of_terminology(RELEASE)
    assert [concept.ptid for concept in names.concepts] == ["1", "2"]
    assert names.names == ("Nausea", "Queasy", "Headache", "Cephalalgia")
    assert names.owners.tolist() == [0, 0, 1, 1]
    assert (names.starts.tolist(), names.counts.tolist()) == ([0, 2], [2, 2])


def test_the_name_of_a_pt_comes_first_wherever_its_llt_stands() -> None:
    llts = (Llt("1", "Queasy", "5"), Llt("2", "Sick", "5"), Llt("5", "NAUSEA", "5"), Llt("6", "sick", "5"))
    assert Names.of_terminology(Terminology({"5": "Nausea"}, llts)).names == ("Nausea", "Queasy", "Sick")


def test_a_release_on_the_disk_has_every_name_of_each_pt(tmp_path: Path) -> None:
    names = Names.of_terminology(release := read_release(write_release(tmp_path)))
    pairs = {
        (names.concepts[owner].ptid, name) for name, owner in zip(names.names, names.owners, strict=True)
    }
    assert pairs == {(llt.ptid, llt.name) for llt in release.llts} | set(release.pt_names.items())
    assert (np.diff(names.owners) >= 0).all()


def test_without_a_release_the_names_are_those_of_the_labels() -> None:
    names = Names.of_labels(Labels.of([("7", "Rash"), ("3", "Itch")]))
    assert (names.names, names.owners.tolist()) == (("Rash", "Itch"), [0, 1])
    assert len(Names.of_labels(Labels(()))) == 0
