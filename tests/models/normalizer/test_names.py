"""Names and concepts in one order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.normalizer import Labels, NameIndex, Names, lift_labels
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


def test_all_names_of_a_release_are_there_once_with_their_pt_first() -> None:
    names = Names.of_terminology(RELEASE)
    assert [concept.ptid for concept in names.concepts] == ["1", "2"]
    assert names.names == ("Nausea", "Queasy", "Headache", "Cephalalgia")
    assert names.owners.tolist() == [0, 0, 1, 1]
    assert (names.starts.tolist(), names.counts.tolist()) == ([0, 2], [2, 2])


def test_a_pts_name_is_first_wherever_its_own_llt_stands() -> None:
    llts = (Llt("1", "Queasy", "5"), Llt("2", "Sick", "5"), Llt("5", "NAUSEA", "5"), Llt("6", "sick", "5"))
    assert Names.of_terminology(Terminology({"5": "Nausea"}, llts)).names == ("Nausea", "Queasy", "Sick")


def test_a_release_on_disk_gives_every_name_of_each_pt(tmp_path: Path) -> None:
    names = Names.of_terminology(release := read_release(write_release(tmp_path)))
    pairs = {
        (names.concepts[owner].ptid, name) for name, owner in zip(names.names, names.owners, strict=True)
    }
    assert pairs == {(llt.ptid, llt.name) for llt in release.llts} | set(release.pt_names.items())
    assert (np.diff(names.owners) >= 0).all()


def test_without_a_release_the_labels_are_the_names() -> None:
    names = Names.of_labels(Labels.of([("7", "Rash"), ("3", "Itch")]))
    assert (names.names, names.owners.tolist()) == (("Rash", "Itch"), [0, 1])
    assert len(Names.of_labels(Labels(()))) == 0


@pytest.mark.parametrize("shape", [(3, 8), (5, 8), (4,)])
def test_vectors_that_are_not_of_the_names_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="4 names"):
        NameIndex(Names.of_terminology(RELEASE), torch.zeros(shape))


def test_labels_become_the_pts_of_the_release() -> None:
    labels = Labels.of([("2", "Head pain"), ("11", "Queasy"), ("9", "Gone")])
    now = lift_labels(labels, RELEASE)
    assert [(label.ptid, label.pt_name) if label else None for label in now] == [
        ("2", "Headache"),
        ("1", "Nausea"),
        None,
    ]
    assert lift_labels(labels, None) == labels.classes
