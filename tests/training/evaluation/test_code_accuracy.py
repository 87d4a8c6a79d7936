"""Accuracy of codes on spans that were found.

Agreement at HLT and SOC level, on an invented release.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terminology import Terminology, read_release
from tests.release import LLTS, PTS, write_release
from training.errors import CorpusError
from training.evaluation.code_accuracy import (
    CodedSpan,
    agreement,
    code_accuracy_by_group,
    matched_spans,
    measure_code_accuracy,
)
from training.evaluation.prediction_files import Predictions, read_candidates, read_predictions
from training.scorer import OfficialSpan, TweetAnnotation

NAUSEA, HEADACHE, INSOMNIA, DIZZINESS, SOMNOLENCE = PTS


def found(
    *said: OfficialSpan, candidates: dict[tuple[int, int], tuple[str, ...]] | None = None
) -> Predictions:
    return Predictions(
        {"t": TweetAnnotation(True, said)}, {}, None if candidates is None else {"t": candidates}
    )


def spans(gold: tuple[OfficialSpan, ...], predictions: Predictions) -> list[CodedSpan]:
    return matched_spans({"t": TweetAnnotation(True, gold)}, predictions)


def test_a_span_is_judged_by_the_prediction_with_most_characters_in_common() -> None:
    said = found(OfficialSpan(0, 2, "A"), OfficialSpan(1, 9, "B"), OfficialSpan(3, 5, "C"))
    assert spans((OfficialSpan(0, 10, "B"),), said) == [CodedSpan("B", "B")]


def test_spans_that_were_not_found_and_spans_without_a_code_are_left_out() -> None:
    said = found(OfficialSpan(0, 5, "A"))
    assert spans((OfficialSpan(7, 9, "A"), OfficialSpan(0, 5, None)), said) == []


def test_two_codes_of_one_place_are_two_spans() -> None:
    said = found(OfficialSpan(0, 5, "A"), candidates={(0, 5): ("A", "B")})
    judged = spans((OfficialSpan(0, 5, "A"), OfficialSpan(0, 5, "B")), said)
    assert judged == [CodedSpan("A", "A", ("A", "B")), CodedSpan("B", "A", ("A", "B"))]
    coding = measure_code_accuracy(judged)
    assert coding is not None
    assert (coding.spans, coding.at_1, coding.at_5) == (2, 0.5, 1.0)


def test_an_uncoded_span_has_its_best_candidate_and_a_span_without_candidates_none() -> None:
    said = found(OfficialSpan(0, 5), OfficialSpan(8, 9), candidates={(0, 5): ("A", "B")})
    one, other = spans((OfficialSpan(0, 5, "A"), OfficialSpan(8, 9, "A")), said)
    assert (one.code, one.best) == (None, "A")
    assert (other.code, other.best) == (None, None)
    coding = measure_code_accuracy([one, other])
    assert coding is not None
    assert (coding.coded, coding.precision, coding.at_1, coding.at_5) == (0.0, None, 0.5, 0.5)


def test_only_the_first_five_candidates_count() -> None:
    ranked = tuple("ABCDEF")
    coding = measure_code_accuracy([CodedSpan(gold, "A", ranked) for gold in ranked])
    assert coding is not None
    assert coding.at_1 == pytest.approx(1 / 6)
    assert coding.at_5 == pytest.approx(5 / 6)


def test_without_candidates_the_code_is_all_that_is_known() -> None:
    coding = measure_code_accuracy(
        [CodedSpan("A", "A"), CodedSpan("A", None), CodedSpan("A", "B"), CodedSpan("A", "A")]
    )
    assert coding is not None
    assert (coding.coded, coding.at_1, coding.at_5, coding.near) == (0.75, 0.5, None, {})
    assert coding.precision == pytest.approx(2 / 3)


def test_near_synonyms_agree_above_the_pts(tmp_path: Path) -> None:
    terms = read_release(write_release(tmp_path))
    coding = measure_code_accuracy([CodedSpan(INSOMNIA, SOMNOLENCE), CodedSpan(HEADACHE, DIZZINESS)], terms)
    assert coding is not None
    assert (coding.at_1, coding.near) == (0.0, {"hlt": 0.5, "soc": 1.0})


def test_pts_unseen_in_training_are_a_group_of_their_own() -> None:
    gold = {"t": TweetAnnotation(True, (OfficialSpan(0, 5, "A"), OfficialSpan(8, 9, "B")))}
    said = Predictions({"t": TweetAnnotation(True, (OfficialSpan(0, 5, "A"), OfficialSpan(8, 9, "C")))}, {})
    groups = code_accuracy_by_group(gold, said, seen={"A"})
    assert {name: (one.spans, one.at_1) for name, one in groups.items()} == {
        "matched": (2, 0.5),
        "unseen": (1, 0),
    }
    assert set(code_accuracy_by_group(gold, said, seen={"A", "B"})) == {"matched"}
    assert code_accuracy_by_group(gold, Predictions({}, {}), seen=set()) == {}


def test_candidates_are_read_by_rank_and_lifted(tmp_path: Path) -> None:
    rows = "t\t0\t5\t2\tB\t0.1\nt\t0\t5\t1\tA\t0.8\nt\t0\t5\t3\tlow\t0.1\nu\t1\t2\t1\tC\t1\n"
    (tmp_path / "candidates.tsv").write_text("tweet_id\tstart\n" + rows)
    read = read_candidates(tmp_path / "candidates.tsv", lift={"low": "A"})
    assert read == {"t": {(0, 5): ("A", "B")}, "u": {(1, 2): ("C",)}}


@pytest.mark.parametrize(
    "row", ["t\t0\t5\tx\tA\t1", "t\t0\t5\t2", "t", "t\t0\t5\t2\t\t1", "t\t0\t5\t1\tB\t1"]
)
def test_a_malformed_candidate_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "class.tsv").write_text("t\tADE\n")
    (tmp_path / "candidates.tsv").write_text(f"t\t0\t5\t1\tA\t1\n{row}\n")
    with pytest.raises(CorpusError, match=r"candidates\.tsv, line 2"):
        read_predictions(tmp_path, lift=None)


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
