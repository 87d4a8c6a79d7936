"""Which alerts and retractions pass to a subscriber with filters."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.alerts import AlertPayload, RetractionPayload, filtering
from monitor.alerts.filtering import AlertFilter, FilteredAlerts
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


def retraction(reason: str = "deleted") -> RetractionPayload:
    return RetractionPayload.model_validate(
        {"alert_id": alert().alert_id, "retracted_at": "2026-07-01T13:00:00Z", "reason": reason}, strict=False
    )


def zoloft_only() -> FilteredAlerts:
    return FilteredAlerts(AlertFilter(drugs=["zoloft"]))


def test_a_retraction_passes_if_its_alert_passed_or_is_not_known() -> None:
    filtered = zoloft_only()
    assert filtered.visible(retraction(), replaces=False) == retraction()
    assert filtered.visible(alert("zoloft"), replaces=False)
    assert filtered.visible(retraction(), replaces=False) == retraction()


def test_a_retraction_of_a_hidden_alert_is_hidden() -> None:
    filtered = zoloft_only()
    assert filtered.visible(alert("prozac"), replaces=False) is None
    assert filtered.visible(retraction(), replaces=False) is None


def test_an_alert_that_no_longer_matches_is_shown_as_retracted_once() -> None:
    filtered = zoloft_only()
    assert filtered.visible(alert("zoloft"), replaces=False)
    shown = filtered.visible(alert("prozac"), replaces=True)
    assert isinstance(shown, RetractionPayload)
    assert (shown.alert_id, shown.reason) == (alert().alert_id, "edited")
    assert filtered.visible(alert("xanax"), replaces=True) is None
    assert filtered.visible(retraction(), replaces=False) is None


def test_an_alert_that_matches_after_an_edit_is_shown() -> None:
    filtered = zoloft_only()
    assert filtered.visible(alert("prozac"), replaces=False) is None
    assert filtered.visible(alert("zoloft"), replaces=True) == alert("zoloft")
    assert filtered.visible(retraction(), replaces=False) == retraction()


def test_a_filter_remembers_a_limited_number_of_hidden_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "REMEMBERED", 2)
    filtered = zoloft_only()
    for number in (0, 1, 2):
        hidden = AlertPayload.model_validate(payload(number, text="prozac"), strict=False)
        assert filtered.visible(hidden, replaces=False) is None
    assert filtered.visible(retraction(), replaces=False) == retraction()
