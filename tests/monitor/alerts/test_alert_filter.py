"""The alerts that `AlertFilter` passes."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.alerts import AlertPayload
from monitor.alerts.following import AlertFilter
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
        ("zoloft", "@zoloft_fan", True),  # as in the database
        ("zoloft", "Zoloft😭 and “zoloft’s” fault…", True),
        ("st johns wort", "St  Johns\nWort is not for me", True),
        ("c++", "c++ helps", True),
        ("naïve", "NAÏVE", True),
    ],
)
def test_a_drug_matches_whole_words(drug: str, text: str, passes: bool) -> None:
    assert AlertFilter(drugs=[drug]).matches(alert(text)) is passes


@pytest.mark.parametrize(
    ("effect", "passes"),
    [("10044565", True), ("tremor", True), (" TREMOR ", True), ("trem", False), ("", False), ("None", False)],
)
def test_an_effect_matches_a_code_or_a_name(effect: str, passes: bool) -> None:
    assert AlertFilter(effects=[effect]).matches(alert()) is passes


def test_an_uncoded_alert_matches_no_effect() -> None:
    uncoded = alert(ptid=None, pt_name=None, pt_score=None)
    assert not AlertFilter(effects=["", "tremor"]).matches(uncoded)
    assert AlertFilter().matches(uncoded)


def test_one_of_the_drugs_and_one_of_the_effects_must_match() -> None:
    both = AlertFilter(drugs=["xanax", "zoloft"], effects=["nausea", "tremor"])
    assert both.matches(alert("zoloft"))
    assert not both.matches(alert("prozac"))
    assert not both.matches(alert("zoloft", ptid="1", pt_name="Rash"))
