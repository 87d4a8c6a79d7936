"""TLS to the database and to Redis: settings that would not be used are refused."""

from __future__ import annotations

import pytest

from monitor.errors import SettingsError
from monitor.settings import load_settings


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"DATABASE__TLS_MODE": "on"}, "database.tls_mode"),
        ({"DATABASE__TLS_KEY": "k.pem"}, "database.tls_certificate"),
        ({"DATABASE__TLS_CA": "ca.pem", "DATABASE__TLS_MODE": "require"}, "database.tls_ca is set in vain"),
        ({"REDIS__TLS_CA": "ca.pem"}, "redis.url must start with rediss://"),
        ({"REDIS__URL": "rediss://h", "REDIS__TLS_CERTIFICATE": "c.pem"}, "redis.tls_key"),
    ],
)
def test_incomplete_settings_of_tls_are_refused(
    variables: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(f"ADE_{variable}", value)
    with pytest.raises(SettingsError, match=name):
        load_settings()


def test_settings_that_are_empty_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE__TLS_MODE", "DATABASE__TLS_CA", "REDIS__TLS_CA", "REDIS__TLS_KEY"):
        monkeypatch.setenv(f"ADE_{name}", "")
    settings = load_settings().settings
    assert settings.database.tls_mode is settings.database.tls_ca is settings.redis.tls_ca is None
