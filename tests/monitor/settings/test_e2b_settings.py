"""The sender of E2B(R3) messages: values that no receiver takes are refused."""

from __future__ import annotations

import pytest

from monitor.errors import SettingsError
from monitor.settings import E2bSettings, load_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTRY", "USA"),
        ("COUNTRY", "U1"),
        ("ORGANIZATION", "x" * 61),
        ("SENDER_TYPE", "8"),
        ("MEDDRA_VERSION", "27"),
    ],
)
def test_values_that_no_receiver_takes_are_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ADE_E2B__{name}", value)
    with pytest.raises(SettingsError, match=f"e2b.{name.lower()}"):
        load_settings()


def test_values_are_trimmed_and_empty_ones_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADE_E2B__COUNTRY", " de ")
    monkeypatch.setenv("ADE_E2B__ORGANIZATION", "")
    settings = load_settings().settings.e2b
    assert (settings.country, settings.organization) == ("DE", None)


@pytest.mark.parametrize(
    ("text", "is_version"), [("27.1", True), ("9.0", True), ("27", False), ("sample", False)]
)
def test_only_versions_of_meddra_look_like_one(text: str, is_version: bool) -> None:
    assert E2bSettings.is_version(text) == is_version
