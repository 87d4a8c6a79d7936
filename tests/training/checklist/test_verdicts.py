"""Cases pass, fail or do not count."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from models.predictions import Candidate, Mention, TweetPrediction
from tests.training.checklist.invented_scorers import (
    FunctionScorer,
    PerfectScorer,
    predict_everything,
    predict_nothing,
    right_prediction,
)
from training.checklist import CAPABILITIES, checklist_cases, run_checklist
from training.checklist.cases import Case, Draft, Effect, Sentence, edit_sentence
from training.checklist.verdicts import CaseVerdict, RaisedError, check_case
from training.edits import Edit

CASES = checklist_cases()
REPORT = Sentence("zoloft gave me nausea", (Effect(15, 21, ("Nausea",)),))
NAUSEA = Mention(15, 21, "nausea", 0.9, "90000001", "Nausea", 0.9)


def verdict(draft: Draft, *answers: TweetPrediction | RaisedError) -> CaseVerdict:
    case = Case("some-001", "some", draft)
    return check_case(case, dict(zip(case.texts, answers, strict=True)))


def test_a_perfect_scorer_passes_every_case() -> None:
    report = run_checklist(PerfectScorer(CASES))
    assert [capability.name for capability in report.capabilities] == list(CAPABILITIES)
    assert all(part.rate == 1 and part.counted == len(part.results) for part in report.capabilities)


@pytest.mark.parametrize("predict", [predict_nothing, predict_everything])
def test_a_scorer_with_constant_predictions_fails_every_capability(predict) -> None:
    report = run_checklist(FunctionScorer(predict))
    assert report.below(0.9) == list(report.capabilities)


def test_a_scorer_that_finds_nothing_passes_only_the_texts_without_a_report() -> None:
    for capability in run_checklist(FunctionScorer(predict_nothing)).capabilities:
        for result in capability.results:
            if result.verdict.uncounted is None:
                is_report = result.case.draft.sentence.label == "ADE"
                assert (result.verdict.fault is None) != is_report, result.case.id


def test_an_exception_at_one_text_fails_only_its_cases() -> None:
    perfect = PerfectScorer(CASES)
    broken = CASES[0].draft.sentence.text

    def predict(text: str) -> TweetPrediction:
        if text == broken:
            raise RuntimeError("no \ud800 way")
        return perfect.predictions[text]

    [plain] = run_checklist(FunctionScorer(predict), ["plain"]).capabilities
    [failure] = plain.failures
    assert failure.case.id == CASES[0].id
    assert "RuntimeError" in str(failure.verdict.fault)
    str(failure.verdict.fault).encode()


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (right_prediction(REPORT), True),
        (TweetPrediction("ADE", 0.9, (Mention(7, 18, "gave me nau", 0.9, "1", "Nausea", 0.5),)), True),
        (TweetPrediction("NoADE", 0.1), False),
        (TweetPrediction("ADE", 0.9), False),
        (TweetPrediction("ADE", 0.9, (replace(NAUSEA, start=0, end=6, text="zoloft"),)), False),
        (TweetPrediction("ADE", 0.9, (replace(NAUSEA, pt_name="Vomiting"),)), False),
        (TweetPrediction("ADE", 0.9, (replace(NAUSEA, ptid=None, pt_name=None, pt_score=None),)), False),
        (RaisedError("ValueError: no"), False),
    ],
)
def test_a_stated_answer_needs_the_right_label_place_and_code(
    answer: TweetPrediction | RaisedError, passes: bool
) -> None:
    assert (verdict(Draft("MFT", REPORT), answer).fault is None) == passes


def test_a_case_fails_if_a_span_covers_an_illness() -> None:
    text = "zoloft cured my ocd but gave me nausea"
    sentence = Sentence(text, (Effect(32, 38),), ((16, 19),))
    illness = Mention(16, 19, "ocd", 0.9, None, None, None)
    effect = replace(NAUSEA, start=32, end=38)
    assert verdict(Draft("MFT", sentence), TweetPrediction("ADE", 0.9, (effect,))) == CaseVerdict()
    assert verdict(Draft("MFT", sentence), TweetPrediction("ADE", 0.9, (illness, effect))).fault


@pytest.mark.parametrize(
    "answer",
    [
        TweetPrediction("ADE", math.nan, (NAUSEA,)),
        TweetPrediction("ADE", 1.5, (NAUSEA,)),
        TweetPrediction("ADE", 0.9, (replace(NAUSEA, start=-6),)),
        TweetPrediction("ADE", 0.9, (replace(NAUSEA, end=22),)),
        TweetPrediction("ADE", 0.9, (replace(NAUSEA, text="Nausea"),)),
        TweetPrediction("ADE", 0.9, (replace(NAUSEA, score=math.inf),)),
        TweetPrediction("ADE", 0.9, (NAUSEA, NAUSEA)),
    ],
)
def test_an_impossible_prediction_fails(answer: TweetPrediction) -> None:
    assert verdict(Draft("MFT", REPORT), answer).fault


SHIFT = (Edit(0, 0, "@you "),)
CHANGED = edit_sentence(REPORT, SHIFT)
MOVED = replace(NAUSEA, start=20, end=26)


@pytest.mark.parametrize(
    ("spans", "passes"),
    [
        ([MOVED], True),
        ([replace(MOVED, start=17, text="me nausea")], True),
        ([replace(MOVED, ptid=None, runners_up=(Candidate("90000001", "Nausea", 0.2),))], True),
        ([replace(MOVED, ptid="90000002", pt_name="Vomiting")], False),
        ([replace(MOVED, start=0, end=4, text="@you"), MOVED], False),
        ([replace(MOVED, start=5, end=11, text="zoloft")], False),
        ([], False),
    ],
)
def test_an_invariant_change_must_keep_label_spans_and_codes(spans: Sequence[Mention], passes: bool) -> None:
    draft = Draft("INV", CHANGED, REPORT, SHIFT)
    answer = TweetPrediction("ADE", 0.9, tuple(spans))
    assert (verdict(draft, right_prediction(REPORT), answer).fault is None) == passes


@pytest.mark.parametrize("place", [(0, 3), (9, 12)])
def test_a_case_fails_if_a_span_only_touches_the_effect(place: tuple[int, int]) -> None:
    sentence = Sentence("so nauseous!!", (Effect(3, 9),))
    touching = Mention(*place, sentence.text[slice(*place)], 0.9, None, None, None)
    assert verdict(Draft("MFT", sentence), TweetPrediction("ADE", 0.9, (touching,))).fault


def test_a_change_does_not_count_if_the_prediction_before_it_is_impossible() -> None:
    impossible = replace(right_prediction(REPORT), probability=math.nan)
    result = verdict(Draft("INV", CHANGED, REPORT, SHIFT), impossible, right_prediction(CHANGED))
    assert result.uncounted
    assert result.fault is None


def test_a_change_counts_only_if_the_prediction_before_it_is_right() -> None:
    draft = Draft("INV", CHANGED, REPORT, SHIFT)
    lost = TweetPrediction("NoADE", 0.1)
    result = verdict(draft, lost, lost)
    assert result.uncounted
    assert result.fault is None
    assert verdict(draft, right_prediction(REPORT), lost).fault


@pytest.mark.parametrize(
    ("label", "probability", "passes"),
    [("NoADE", 0.94, True), ("ADE", 0.8, True), ("ADE", 0.9, False), ("ADE", 0.99, False)],
)
def test_a_directional_change_must_make_a_report_clearly_less_likely(
    label: str, probability: float, passes: bool
) -> None:
    draft = Draft("DIR", Sentence("zoloft never gave me nausea"), REPORT)
    base = replace(right_prediction(REPORT), probability=0.95)
    answer = TweetPrediction(label, probability)  # type: ignore[arg-type]
    assert (verdict(draft, base, answer).fault is None) == passes
