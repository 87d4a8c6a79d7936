"""Which field of a report follows from what a case has. Nothing is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.exports.e2b.case_reports import LeftOut, ReportOptions, report_of
from monitor.exports.e2b.case_rows import CaseRows, ReportPost
from monitor.exports.e2b.icsr import Outcome, SafetyReport, Seriousness
from monitor.store.cases import CaseSummary
from tests.monitor.exports.e2b.reports import batch_of, findings_of, rejected
from tests.wild_texts import WILD

AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
OPTIONS = ReportOptions("27.1")
TEXT = "zoloft made my mom shaky, ask @pete at https://x.com/pete"


def fact(kind: str, text: str = "words", value: str | None = None, end: int = 5) -> dict[str, Any]:
    return {"kind": kind, "text": text, "value": value, "end": end}


def post(*facts: dict[str, Any], **fields: Any) -> ReportPost:
    mention = {"start": 15, "words": "shaky", "drug": "sertraline", "drug_text": "zoloft", "atc": "N06AB06"}
    plain = ReportPost(
        role="report",
        posted_at=AT,
        received_at=AT + timedelta(minutes=1),
        text=TEXT,
        url="https://x.com/pete/status/1",
        platform="x",
        lang="en",
        mentions=[mention],
        facts=list(facts),
        drugs=["sertraline"],
        effects=["10044565"],
    )
    return replace(plain, **fields)


def case(*posts: ReportPost, **fields: Any) -> CaseRows:
    summary = CaseSummary(
        case_id="3f2a9c0011223344",
        drug="sertraline",
        effect="10044565",
        ptid="10044565",
        pt_name="Tremor",
        first_at=AT,
        last_at=AT,
        opened_at=AT,
        status="new",
        owner=None,
        due_at=None,
        changed_at=AT,
        posts=len(posts),
        copies=0,
        facts=[],
        serious=False,
        missing=[],
    )
    return CaseRows(replace(summary, **fields), posts)


def made(*posts: ReportPost, options: ReportOptions = OPTIONS, **fields: Any) -> SafetyReport:
    report = report_of(case(*posts, **fields), options)
    assert isinstance(report, SafetyReport)
    return report


def test_reports_have_the_words_of_the_author() -> None:
    report = made(post())
    assert (report.drug.name, report.drug.substances) == ("zoloft", ("sertraline",))
    assert (report.reaction.code, report.reaction.words, report.reaction.language) == (
        "10044565",
        "shaky",
        "eng",
    )
    assert TEXT in report.narrative and "https://x.com/pete/status/1" in report.narrative
    assert report.received_at == AT + timedelta(minutes=1)


def test_the_latest_post_is_the_latest_information() -> None:
    later = post(role="follow-up", received_at=AT + timedelta(days=3), linked=["b" * 16])
    report = made(post(linked=["a" * 16]), later)
    assert (report.received_at, report.updated_at) == (AT + timedelta(minutes=1), AT + timedelta(days=3))
    assert report.linked == ("a" * 16, "b" * 16)


@pytest.mark.parametrize(
    ("fields", "is_candidate"),
    [
        ({"missing": ["patient"]}, True),
        ({"drug": None, "missing": ["product"]}, False),
        ({"ptid": None}, False),
        ({"ptid": "P1"}, False),
        ({"status": "not-a-case"}, False),
    ],
)
def test_cases_that_cannot_be_reports_are_left_out(fields: dict[str, Any], is_candidate: bool) -> None:
    left = report_of(case(post(), **fields), OPTIONS)
    assert isinstance(left, LeftOut)
    assert left.is_candidate == is_candidate


def test_candidates_are_marked_and_have_null_flavours() -> None:
    options = replace(OPTIONS, candidates=True)
    report = made(post(), missing=["reporter", "patient"], options=options)
    assert "CANDIDATE" in report.narrative and "CANDIDATE" in report.comment
    assert not report.reporter_known and not report.patient.identified
    assert "CANDIDATE" not in made(post(), options=options).comment


def test_cases_without_a_drug_are_left_out_of_candidates_too() -> None:
    options = replace(OPTIONS, candidates=True)
    assert isinstance(report_of(case(post(), drug=None, missing=["product"]), options), LeftOut)


def test_criteria_of_a_serious_case_are_taken_over() -> None:
    report = made(post(fact("hospital"), fact("birth-defect")), post(fact("life-threatening")))
    assert report.reaction.seriousness == {
        Seriousness.HOSPITAL,
        Seriousness.BIRTH_DEFECT,
        Seriousness.LIFE_THREATENING,
    }
    assert report.reaction.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([], Outcome.UNKNOWN),
        ([fact("death")], Outcome.FATAL),
        ([fact("dechallenge", value="negative")], Outcome.NOT_RECOVERED),
        ([fact("dechallenge", value="positive")], Outcome.UNKNOWN),
        ([fact("dechallenge", value="negative"), fact("rechallenge", value="positive")], Outcome.UNKNOWN),
    ],
)
def test_outcomes_follow_from_facts(facts: list[dict[str, Any]], outcome: Outcome) -> None:
    assert made(post(*facts)).reaction.outcome is outcome
    several = post(*facts, effects=["10044565", "10013573"])
    assert made(several).reaction.outcome is Outcome.UNKNOWN


def test_what_happened_with_the_drug_needs_one_drug() -> None:
    facts = [
        fact("dechallenge", value="positive"),
        fact("rechallenge", value="negative"),
        fact("dose", "50mg", "50 mg"),
        fact("overdose"),
        fact("misuse"),
    ]
    drug = made(post(*facts)).drug
    assert (drug.withdrawn, drug.recurred, drug.dosage, drug.codes) == (True, False, "50mg", ("2", "8"))
    drug = made(post(*facts, drugs=["sertraline", "quetiapine"])).drug
    assert (drug.withdrawn, drug.recurred, drug.dosage, drug.codes) == (False, None, None, ())


@pytest.mark.parametrize(
    ("text", "who", "value", "sex", "age"),
    [
        ("my 67-year-old mom got a rash", "mom", "parent", "2", (67, "a")),
        ("my 3 year old got a rash", "year old", "child", None, (3, "a")),
        ("my 18-month-old son got a rash", "son", "child", "1", (18, "mo")),
        ("my 670-year-old dad got a rash", "dad", "parent", "1", None),
        ("my partner got a rash", "partner", "partner", None, None),
        ("i got a rash", "i", "self", None, None),
    ],
)
def test_age_and_sex_are_read_from_the_words_for_the_patient(
    text: str, who: str, value: str, sex: str | None, age: tuple[int, str] | None
) -> None:
    patient = made(post(fact("patient", who, value, text.index(who) + len(who)), text=text)).patient
    assert (patient.sex, patient.age) == (sex, age)


def test_several_people_have_no_sex_and_no_age() -> None:
    text = "my 67-year-old mom got a rash, my dad, too"
    facts = [fact("patient", "mom", "parent", 18), fact("patient", "son", "child", 5)]
    patient = made(post(*facts, text=text)).patient
    assert (patient.sex, patient.age) == (None, None)


def test_masked_reports_have_no_handle_and_no_address() -> None:
    report = made(post(), options=replace(OPTIONS, masked=True))
    assert "pete" not in report.narrative and "zoloft made my mom shaky" in report.narrative


def test_reports_without_text_have_no_words_of_the_author() -> None:
    facts = [fact("dose", "fifty milligrams", "50 mg"), fact("hospital", "the ER")]
    report = made(post(*facts), options=replace(OPTIONS, with_text=False))
    for words in ("made my mom", "fifty", "the ER", "x.com", "zoloft", "shaky"):
        assert words not in repr(report)
    assert report.reaction.seriousness == {Seriousness.HOSPITAL}


def test_erased_posts_leave_a_report_without_their_words() -> None:
    report = made(post(text=None, mentions=[], facts=[], url=None, drugs=[], effects=[]))
    assert (report.drug.name, report.reaction.words) == ("sertraline", None)
    assert report.narrative


def test_classes_of_drugs_have_no_substance() -> None:
    mention = {"start": 0, "words": "shaky", "drug": "benzodiazepines", "drug_text": "benzos", "atc": "N05BA"}
    report = made(post(mentions=[mention]), drug="benzodiazepines")
    assert (report.drug.name, report.drug.substances) == ("benzos", ())


FACTS = st.lists(
    st.builds(
        fact,
        st.sampled_from(["dose", "patient", "death", "rechallenge", "dechallenge", "overdose", "hospital"]),
        WILD,
        st.sampled_from([None, "positive", "negative", "self", "parent", "50 mg"]),
        st.integers(1, 99),
    ),
    max_size=4,
)
POSTS = st.builds(
    lambda text, facts, lang, words: post(
        *facts,
        text=text,
        lang=lang,
        mentions=[{"start": 0, "words": words, "drug": "sertraline", "drug_text": words, "atc": None}],
    ),
    WILD,
    FACTS,
    st.sampled_from([None, "en", "pt-BR", "zh", "und", "qme", "not a tag"]),
    WILD,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(POSTS, max_size=2), st.booleans(), st.booleans())
def test_reports_of_any_posts_pass_the_check(
    tmp_path: Path, posts: list[ReportPost], masked: bool, with_text: bool
) -> None:
    report = made(*posts, options=replace(OPTIONS, masked=masked, with_text=with_text))
    assert rejected(findings_of(batch_of(report), tmp_path)) == []
