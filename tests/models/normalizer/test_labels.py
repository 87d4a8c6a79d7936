"""Labels, and their PTs in a release."""

from __future__ import annotations

import pytest

from models.normalizer import Labels, lift_labels
from models.terminology import Llt, Terminology

RELEASE = Terminology({"1": "Nausea", "2": "Headache"}, (Llt("11", "Queasy", "1"), Llt("2", "Headache", "2")))


def test_labels_become_the_pts_of_the_release() -> None:
    labels = Labels.of([("2", "Head pain"), ("11", "Queasy"), ("9", "Gone")])
    pts = lift_labels(labels, RELEASE)
    assert [(pt.ptid, pt.pt_name) if pt else None for pt in pts] == [
        ("2", "Headache"),
        ("1", "Nausea"),
        None,
    ]
    assert lift_labels(labels, None) == labels.classes


@pytest.mark.parametrize("pairs", [[], [("1", "Rash")], [("2", "Ausschlag\n"), ("1", "Rash 🤢")]])
def test_labels_are_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    labels = Labels.of(pairs)
    assert Labels.from_json(labels.to_json()) == labels
    assert [(label.ptid, label.pt_name) for label in labels.classes] == pairs


def test_a_repeated_code_is_refused() -> None:
    with pytest.raises(ValueError, match="PTID 1 occurs more than once"):
        Labels.of([("1", "Rash"), ("2", "Itch"), ("1", "Itch")])
