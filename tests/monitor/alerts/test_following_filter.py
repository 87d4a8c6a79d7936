"""Which alerts a filter lets pass, and how one looks on a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.following import AlertFilter
from monitor.alerts.payload import AlertPayload, MentionPayload
from monitor.cli.alerts import alert_line
from tests.monitor.alerts.payloads import payload


def alert(text: str = "x", **other: Any) -> AlertPayload:
    return AlertPayload.model_validate(payload(text=text, **other), strict=False)


@pytest.mark.parametrize(
    ("drug", "text", "passes"),
    [
        ("zoloft", "on Zoloft again", True),
        ("ZOLOFT", "#zoloft!", True),
        ("#zoloft", "zoloft", True),
        ("zoloft", "zolofts", False),
        ("zoloft", "notzoloft", False),
        ("zoloft", "@zoloft_fan", True),
        ("st johns wort", "St  Johns\nWort is not for me", True),
        ("c++", "c++ helps", True),
        ("naïve", "NAÏVE", True),
    ],
)
def test_a_drug_is_found_as_a_word(drug: str, text: str, passes: bool) -> None:
    assert AlertFilter(drugs=[drug]).matches(alert(text)) is passes


@pytest.mark.parametrize(
    ("effect", "passes"),
    [("10044565", True), ("tremor", True), (" TREMOR ", True), ("trem", False), ("", False), ("None", False)],
)
def test_an_effect_is_a_code_or_a_name(effect: str, passes: bool) -> None:
    assert AlertFilter(effects=[effect]).matches(alert()) is passes


def test_uncoded_alerts_are_no_effect() -> None:
    uncoded = alert(ptid=None, pt_name=None, pt_score=None)
    assert not AlertFilter(effects=["", "tremor"]).matches(uncoded)
    assert AlertFilter().matches(uncoded)


def test_all_that_is_asked_must_hold_and_one_of_each_list() -> None:
    both = AlertFilter(drugs=["xanax", "zoloft"], effects=["nausea", "tremor"])
    assert both.matches(alert("zoloft"))
    assert not both.matches(alert("prozac"))
    assert not both.matches(alert("zoloft", ptid="1", pt_name="Rash"))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 300), st.integers(0, 300))
def test_any_tweet_is_one_line_without_a_word_to_the_terminal(text: str, start: int, end: int) -> None:
    mention = MentionPayload(start=start, end=end, text="", score=0.5)
    line = alert_line(alert(text, pt_name=text[:20]).model_copy(update={"mention": mention}))
    assert len(line.plain.splitlines()) == 1
    assert "\x1b" not in line.plain


def test_the_span_is_marked() -> None:
    line = alert_line(alert("so\nshaky today", mention={"start": 3, "end": 8, "text": "shaky", "score": 0.5}))
    [marked] = [span for span in line.spans if "red" in str(span.style)]
    assert line.plain[marked.start : marked.end] == "shaky"
