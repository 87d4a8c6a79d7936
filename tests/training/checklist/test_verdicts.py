"""What passes, what fails and what does not count."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from models.predictions import Candidate, Mention, TweetPrediction
from tests.training.checklist.invented_scorers import Judging, Knowing, everything, nothing, right
from training.checklist import CAPABILITIES, checklist_cases, run_checklist
from training.checklist.cases import Case, Draft, Edit, Effect, Sentence, edited
from training.checklist.verdicts import Raised, Verdict, judge_case

CASES = checklist_cases()
REPORT = Sentence("zoloft gave me nausea", (Effect(15, 21, ("Nausea",)),))
NAUSEA = Mention(15, 21, "nausea", 0.9, "90000001", "Nausea", 0.9)


def verdict(draft: Draft, *answers: TweetPrediction | Raised) -> Verdict:
    case = Case("some-001", "some", draft)
    return judge_case(case, dict(zip(case.texts, answers, strict=True)))


def test_a_scorer_that_knows_all_answers_passes_every_case() -> None:
    report = run_checklist(Knowing(CASES))
    assert [one.name for one in report.capabilities] == list(CAPABILITIES)
    assert all(one.rate == 1 and one.counted == len(one.outcomes) for one in report.capabilities)


@pytest.mark.parametrize("judge", [nothing, everything])
def test_a_scorer_that_always_says_the_same_fails_every_capability(judge) -> None:
    report = run_checklist(Judging(judge))
    assert report.below(0.9) == list(report.capabilities)


def test_a_scorer_that_finds_nothing_passes_what_is_no_report_and_nothing_else() -> None:
    for capability in run_checklist(Judging(nothing)).capabilities:
        for one in capability.outcomes:
            if one.verdict.uncounted is None:
                assert (one.verdict.fault is None) == (one.case.draft.item.label == "NoADE"), one.case.id


def test_a_scorer_that_raises_at_one_text_fails_its_cases_alone() -> None:
    knowing = Knowing(CASES)
    broken = CASES[0].draft.item.text

    def judge(text: str) -> TweetPrediction:
        if text == broken:
            raise RuntimeError("no \ud800 way")
        return knowing.answers[text]

    [plain] = run_checklist(Judging(judge), ["plain"]).capabilities
    [failure] = plain.failures
    assert failure.case.id == CASES[0].id
    assert "RuntimeError" in str(failure.verdict.fault)
    str(failure.verdict.fault).encode()


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (right(REPORT), True),
        (TweetPrediction("ADE", 0.9, (Mention(7, 18, "gave me nau", 0.9, "1", "Nausea", 0.5),)), True),
        (TweetPrediction("NoADE", 0.1), False),
        (TweetPrediction("ADE", 0.9), False),
        (TweetPrediction("ADE", 0.9, (replace(NAUSEA, start=0, end=6, text="zoloft"),)), False),
        (TweetPrediction("ADE", 0.9, (replace(NAUSEA, pt_name="Vomiting"),)), False),
        (TweetPrediction("ADE", 0.9, (replace(NAUSEA, ptid=None, pt_name=None, pt_score=None),)), False),
        (Raised("ValueError: no"), False),
    ],
)
def test_a_stated_answer_needs_label_place_and_code(answer: TweetPrediction | Raised, passes: bool) -> None:
    assert (verdict(Draft("MFT", REPORT), answer).fault is None) == passes


def test_an_illness_must_not_be_taken_for_an_effect() -> None:
    text = "zoloft cured my ocd but gave me nausea"
    sentence = Sentence(text, (Effect(32, 38),), ((16, 19),))
    illness = Mention(16, 19, "ocd", 0.9, None, None, None)
    effect = replace(NAUSEA, start=32, end=38)
    assert verdict(Draft("MFT", sentence), TweetPrediction("ADE", 0.9, (effect,))) == Verdict()
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
def test_a_prediction_that_none_may_be_fails(answer: TweetPrediction) -> None:
    assert verdict(Draft("MFT", REPORT), answer).fault


SHIFT = (Edit(0, 0, "@you "),)
CHANGED = edited(REPORT, SHIFT)
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
def test_a_change_without_meaning_must_leave_label_spans_and_codes(
    spans: Sequence[Mention], passes: bool
) -> None:
    draft = Draft("INV", CHANGED, REPORT, SHIFT)
    answer = TweetPrediction("ADE", 0.9, tuple(spans))
    assert (verdict(draft, right(REPORT), answer).fault is None) == passes


def test_a_change_counts_only_where_the_text_before_it_was_judged_right() -> None:
    draft = Draft("INV", CHANGED, REPORT, SHIFT)
    lost = TweetPrediction("NoADE", 0.1)
    told = verdict(draft, lost, lost)
    assert told.uncounted
    assert told.fault is None
    assert verdict(draft, right(REPORT), lost).fault


@pytest.mark.parametrize(
    ("label", "probability", "passes"),
    [("NoADE", 0.94, True), ("ADE", 0.8, True), ("ADE", 0.9, False), ("ADE", 0.99, False)],
)
def test_a_change_of_direction_must_make_a_report_clearly_less_likely(
    label: str, probability: float, passes: bool
) -> None:
    draft = Draft("DIR", Sentence("zoloft never gave me nausea"), REPORT)
    base = replace(right(REPORT), probability=0.95)
    answer = TweetPrediction(label, probability)  # type: ignore[arg-type]
    assert (verdict(draft, base, answer).fault is None) == passes
