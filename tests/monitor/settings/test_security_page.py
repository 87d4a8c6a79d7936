"""docs/security.md names every setting of logins and TLS, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.settings import Settings
from monitor.settings.kafka_settings import SECURITY

PAGE = (Path(__file__).parents[3] / "docs" / "security.md").read_text(encoding="utf-8")


def test_the_page_names_every_setting_of_connections() -> None:
    tls = {
        f"{section}.{name}"
        for section in ("database", "redis")
        for name in type(getattr(Settings(), section)).model_fields
        if name.startswith("tls_")
    }
    expected = {f"kafka.{name}" for name in SECURITY} | tls
    named = set(re.findall(r"`((?:kafka|database|redis)\.[a-z_]+)`", PAGE)) - {"database.url", "redis.url"}
    assert named == expected


def test_the_variables_of_the_examples_are_settings() -> None:
    variables = set(re.findall(r"ADE_([A-Z]+)__([A-Z_]+)=", PAGE))
    assert variables
    for section, name in variables:
        assert name.lower() in type(getattr(Settings(), section.lower())).model_fields
