"""Agreement at HLT and SOC level, on an invented release."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terminology import Terminology, read_release
from tests.release import LLTS, PTS, write_release
from training.evaluation.code_accuracy import agreement

NAUSEA, HEADACHE, INSOMNIA, DIZZINESS, SOMNOLENCE = PTS


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Terminology:
    return read_release(write_release(tmp_path_factory.mktemp("release")))


@pytest.mark.parametrize(
    ("said", "meant", "hlt", "soc"),
    [
        (NAUSEA, NAUSEA, 1, 1),
        (INSOMNIA, SOMNOLENCE, 1, 1),
        (HEADACHE, DIZZINESS, 0, 1),
        (NAUSEA, HEADACHE, 0, 0),
        (None, NAUSEA, 0, 0),
        ("80000007", INSOMNIA, 1, 1),  # an LLT of Somnolence
        ("unknown", "unknown", 1, 1),
        ("unknown", NAUSEA, 0, 0),
    ],
)
def test_pts_agree_where_they_share_a_term_of_the_level(
    terms: Terminology, said: str | None, meant: str, hlt: int, soc: int
) -> None:
    assert agreement([said], [meant], terms) == {"hlt": hlt, "soc": soc}


def test_the_share_is_over_all_spans(terms: Terminology) -> None:
    said = [NAUSEA, HEADACHE, None, INSOMNIA]
    assert agreement(said, [NAUSEA, DIZZINESS, NAUSEA, NAUSEA], terms) == {"hlt": 0.25, "soc": 0.5}


CODES = st.sampled_from([*PTS, *LLTS, "unknown"])


@given(st.lists(st.tuples(st.none() | CODES, CODES), min_size=1))
def test_agreement_grows_with_the_level(terms: Terminology, pairs: list[tuple[str | None, str]]) -> None:
    said, meant = zip(*pairs, strict=True)
    right = sum(one == other for one, other in pairs) / len(pairs)
    near = agreement(said, meant, terms)
    assert right <= near["hlt"] <= near["soc"] <= 1


def test_without_a_hierarchy_or_spans_there_is_no_agreement(terms: Terminology, tmp_path: Path) -> None:
    bare = read_release(write_release(tmp_path, hierarchy=False))
    assert agreement([NAUSEA], [NAUSEA], bare) == agreement([], [], terms) == {}


def test_as_many_are_predicted_as_annotated(terms: Terminology) -> None:
    with pytest.raises(ValueError, match="zip"):
        agreement([NAUSEA], [NAUSEA, NAUSEA], terms)
