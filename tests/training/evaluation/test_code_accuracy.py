"""Accuracy of codes on matched spans, and agreement above the PTs on an invented release."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terminology import Terminology, read_release
from tests.release import LLTS, PTS, write_release
from training.evaluation.code_accuracy import (
    CodeAccuracy,
    CodedSpan,
    agreement,
    code_accuracy_by_group,
    code_accuracy_notes,
    matched_spans,
    measure_code_accuracy,
)
from training.evaluation.prediction_files import Candidates, Predictions
from training.scorer import OfficialSpan, TweetAnnotation

NAUSEA, HEADACHE, INSOMNIA, DIZZINESS, SOMNOLENCE = PTS
CODES = st.sampled_from([*PTS, *LLTS, "unknown"])


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Terminology:
    return read_release(write_release(tmp_path_factory.mktemp("release")))


def ade(*spans: OfficialSpan) -> TweetAnnotation:
    return TweetAnnotation(True, spans)


def predicted(
    *spans: OfficialSpan, candidates: dict[tuple[int, int], tuple[str, ...]] | None = None
) -> Predictions:
    return Predictions({"t": ade(*spans)}, {}, None if candidates is None else {"t": candidates})


def matched(gold: tuple[OfficialSpan, ...], predictions: Predictions) -> list[CodedSpan]:
    return matched_spans({"t": ade(*gold)}, predictions)


def accuracy_of(spans: list[CodedSpan], terms: Terminology | None = None) -> CodeAccuracy:
    accuracy = measure_code_accuracy(spans, terms)
    assert accuracy is not None
    return accuracy


def test_the_predicted_span_with_the_most_characters_in_common_counts() -> None:
    predictions = predicted(OfficialSpan(0, 2, "A"), OfficialSpan(1, 9, "B"), OfficialSpan(3, 5, "C"))
    assert matched((OfficialSpan(0, 10, "B"),), predictions) == [CodedSpan("B", "B")]


def test_of_equal_overlaps_the_first_predicted_span_counts() -> None:
    predictions = predicted(OfficialSpan(0, 5, "A"), OfficialSpan(5, 10, "B"))
    assert matched((OfficialSpan(0, 10, "B"),), predictions) == [CodedSpan("B", "A")]


def test_unmatched_spans_and_spans_without_a_code_are_left_out() -> None:
    predictions = predicted(OfficialSpan(0, 5, "A"))
    assert matched((OfficialSpan(7, 9, "A"), OfficialSpan(0, 5, None)), predictions) == []


def test_two_codes_at_one_place_are_two_spans() -> None:
    predictions = predicted(OfficialSpan(0, 5, "A"), candidates={(0, 5): ("A", "B")})
    spans = matched((OfficialSpan(0, 5, "A"), OfficialSpan(0, 5, "B")), predictions)
    assert spans == [CodedSpan("A", "A", ("A", "B")), CodedSpan("B", "A", ("A", "B"))]
    accuracy = accuracy_of(spans)
    assert (accuracy.spans, accuracy.at_1, accuracy.at_5) == (2, 0.5, 1.0)


def test_the_best_candidate_of_an_uncoded_span_counts_for_accuracy() -> None:
    predictions = predicted(OfficialSpan(0, 5), OfficialSpan(8, 9), candidates={(0, 5): ("A", "B")})
    spans = matched((OfficialSpan(0, 5, "A"), OfficialSpan(8, 9, "A")), predictions)
    with_candidates, without_candidates = spans
    assert (with_candidates.code, with_candidates.best) == (None, "A")
    assert (without_candidates.code, without_candidates.best) == (None, None)
    accuracy = accuracy_of(spans)
    assert (accuracy.coded, accuracy.precision, accuracy.at_1, accuracy.at_5) == (0.0, None, 0.5, 0.5)


def test_only_the_first_five_candidates_count() -> None:
    ranked = tuple("ABCDEF")
    accuracy = accuracy_of([CodedSpan(gold, "A", ranked) for gold in ranked])
    assert accuracy.at_1 == pytest.approx(1 / 6)
    assert accuracy.at_5 == pytest.approx(5 / 6)


def test_without_candidates_only_the_code_counts() -> None:
    spans = [CodedSpan("A", "A"), CodedSpan("A", None), CodedSpan("A", "B"), CodedSpan("A", "A")]
    accuracy = accuracy_of(spans)
    assert (accuracy.coded, accuracy.at_1, accuracy.at_5, accuracy.near) == (0.75, 0.5, None, {})
    assert accuracy.precision == pytest.approx(2 / 3)


def test_near_synonyms_agree_above_the_pts(terms: Terminology) -> None:
    accuracy = accuracy_of([CodedSpan(INSOMNIA, SOMNOLENCE), CodedSpan(HEADACHE, DIZZINESS)], terms)
    assert (accuracy.at_1, accuracy.near) == (0.0, {"hlt": 0.5, "soc": 1.0})


def test_pts_unseen_in_training_are_a_group_of_their_own() -> None:
    gold = {"t": ade(OfficialSpan(0, 5, "A"), OfficialSpan(8, 9, "B"))}
    predictions = predicted(OfficialSpan(0, 5, "A"), OfficialSpan(8, 9, "C"))
    groups = code_accuracy_by_group(gold, predictions, seen={"A"})
    assert {name: (accuracy.spans, accuracy.at_1) for name, accuracy in groups.items()} == {
        "matched": (2, 0.5),
        "unseen": (1, 0),
    }
    assert set(code_accuracy_by_group(gold, predictions, seen={"A", "B"})) == {"matched"}
    assert set(code_accuracy_by_group(gold, predictions)) == {"matched"}
    assert code_accuracy_by_group(gold, Predictions({}, {}), seen=set()) == {}


@pytest.mark.parametrize(
    ("candidates", "note"),
    [
        (None, "no candidates.tsv"),
        ({"t": {(0, 5): ("A", "B")}, "u": {(0, 5): ("A",)}}, "accuracy at 5 is accuracy at 2"),
    ],
)
def test_missing_candidates_are_noted(candidates: Candidates | None, note: str) -> None:
    notes = code_accuracy_notes(Predictions({}, {}, candidates), None)
    assert len(notes) == 1
    assert note in notes[0]


def test_complete_predictions_need_no_note(terms: Terminology) -> None:
    assert code_accuracy_notes(Predictions({}, {}, {"t": {(0, 5): tuple("ABCDE")}}), terms) == []


@pytest.mark.parametrize(
    ("code", "gold", "hlt", "soc"),
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
def test_pts_agree_if_they_share_a_term_of_the_level(
    terms: Terminology, code: str | None, gold: str, hlt: int, soc: int
) -> None:
    assert agreement([code], [gold], terms) == {"hlt": hlt, "soc": soc}


def test_agreement_is_a_share_of_all_spans(terms: Terminology) -> None:
    codes = [NAUSEA, HEADACHE, None, INSOMNIA]
    assert agreement(codes, [NAUSEA, DIZZINESS, NAUSEA, NAUSEA], terms) == {"hlt": 0.25, "soc": 0.5}


@given(st.lists(st.tuples(st.none() | CODES, CODES), min_size=1))
def test_agreement_grows_with_the_level(terms: Terminology, pairs: list[tuple[str | None, str]]) -> None:
    codes, gold = zip(*pairs, strict=True)
    accuracy = sum(code == right for code, right in pairs) / len(pairs)
    near = agreement(codes, gold, terms)
    assert accuracy <= near["hlt"] <= near["soc"] <= 1


def test_without_a_hierarchy_or_spans_there_is_no_agreement(terms: Terminology, tmp_path: Path) -> None:
    without_hierarchy = read_release(write_release(tmp_path, hierarchy=False))
    assert agreement([NAUSEA], [NAUSEA], without_hierarchy) == agreement([], [], terms) == {}


def test_as_many_codes_are_needed_as_spans(terms: Terminology) -> None:
    with pytest.raises(ValueError, match="zip"):
        agreement([NAUSEA], [NAUSEA, NAUSEA], terms)
