"""Which alerts and retractions pass to a subscriber with filters."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.alerts import AlertPayload, RetractionPayload, filtering
from monitor.alerts.filtering import AlertFilter, FilteredAlerts
from monitor.enrich.drugs import DrugChoice
from tests.monitor.alerts.payloads import payload


def drug(name: str, atc: str | None = None) -> dict[str, Any]:
    return {"name": name, "atc": atc, "text": name, "score": 0.9, "place": "post"}


SERTRALINE, FLUOXETINE = drug("sertraline", "N06AB06"), drug("fluoxetine", "N06AB03")


def alert(text: str = "x", **other: Any) -> AlertPayload:
    return AlertPayload.model_validate(payload(text=text, **other), strict=False)


@pytest.mark.parametrize(
    ("choice", "linked", "passes"),
    [
        (DrugChoice("sertraline"), drug("sertraline", "N06AB06"), True),
        (DrugChoice("sertraline"), drug("fluoxetine", "N06AB03"), False),
        (DrugChoice("sertraline"), None, False),
        (DrugChoice("oxycodone"), drug("acetaminophen + oxycodone"), True),
        (DrugChoice("acetaminophen + oxycodone"), drug("oxycodone"), False),
        (DrugChoice("ssris", "N06AB"), drug("sertraline", "N06AB06"), True),
        (DrugChoice("ssris", "N06AB"), drug("ssris", "N06AB"), True),
        (DrugChoice("ssris", "N06AB"), drug("aspirin", "N02BA01"), False),
        (DrugChoice("ssris", "N06AB"), drug("cannabis"), False),
    ],
)
def test_the_linked_drug_must_be_chosen(
    choice: DrugChoice, linked: dict[str, Any] | None, passes: bool
) -> None:
    assert AlertFilter(drugs=[choice]).matches(alert("zoloft", drug=linked)) is passes


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
    both = AlertFilter(
        drugs=[DrugChoice("alprazolam"), DrugChoice("sertraline")], effects=["nausea", "tremor"]
    )
    assert both.matches(alert(drug=SERTRALINE))
    assert not both.matches(alert(drug=FLUOXETINE))
    assert not both.matches(alert(drug=SERTRALINE, ptid="1", pt_name="Rash"))


def retraction(reason: str = "deleted") -> RetractionPayload:
    return RetractionPayload.model_validate(
        {"alert_id": alert().alert_id, "retracted_at": "2026-07-01T13:00:00Z", "reason": reason}, strict=False
    )


def zoloft_only() -> FilteredAlerts:
    return FilteredAlerts(AlertFilter(drugs=[DrugChoice("sertraline")]))


def test_a_retraction_passes_if_its_alert_passed_or_is_not_known() -> None:
    filtered = zoloft_only()
    assert filtered.visible(retraction(), replaces=False) == retraction()
    assert filtered.visible(alert(drug=SERTRALINE), replaces=False)
    assert filtered.visible(retraction(), replaces=False) == retraction()


def test_a_retraction_of_a_hidden_alert_is_hidden() -> None:
    filtered = zoloft_only()
    assert filtered.visible(alert(drug=FLUOXETINE), replaces=False) is None
    assert filtered.visible(retraction(), replaces=False) is None


def test_an_alert_that_no_longer_matches_is_shown_as_retracted_once() -> None:
    filtered = zoloft_only()
    assert filtered.visible(alert(drug=SERTRALINE), replaces=False)
    shown = filtered.visible(alert(drug=FLUOXETINE), replaces=True)
    assert isinstance(shown, RetractionPayload)
    assert (shown.alert_id, shown.reason) == (alert().alert_id, "edited")
    assert filtered.visible(alert(), replaces=True) is None
    assert filtered.visible(retraction(), replaces=False) is None


def test_an_alert_that_matches_after_an_edit_is_shown() -> None:
    filtered = zoloft_only()
    assert filtered.visible(alert(drug=FLUOXETINE), replaces=False) is None
    assert filtered.visible(alert(drug=SERTRALINE), replaces=True) == alert(drug=SERTRALINE)
    assert filtered.visible(retraction(), replaces=False) == retraction()


def test_a_filter_remembers_a_limited_number_of_hidden_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "REMEMBERED", 2)
    filtered = zoloft_only()
    for number in (0, 1, 2):
        hidden = AlertPayload.model_validate(payload(number), strict=False)
        assert filtered.visible(hidden, replaces=False) is None
    assert filtered.visible(retraction(), replaces=False) == retraction()
