"""Wrong routes give errors that name the file and the field, and no secret."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import MonitorError
from monitor.notify import open_routes
from monitor.settings import AlertSettings, Settings
from tests.monitor.notify.receivers import KEY
from tests.monitor.notify.running import table, with_rules

HOOK = {"type": "webhook", "url": "https://example.org/hook", "secret_env": "HOOK_KEY"}
MAIL = {"type": "email", "host": "mail.example.org", "from": "a@example.org", "to": ["b@example.org"]}


def opened(folder: Path, *tables: str) -> object:
    return open_routes(with_rules(Settings(), folder, *tables), clock=lambda: datetime.now(UTC))


def error_of(folder: Path, *tables: str) -> str:
    with pytest.raises(MonitorError) as raised:
        opened(folder, *tables)
    return str(raised.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({**HOOK, "url": "http://example.org/hook"}, ["allow_http"]),
        ({**HOOK, "url": "ftp://example.org/hook"}, ["https://"]),
        ({**HOOK, "url": "https://user:s3cret@example.org/hook"}, ["login"]),
        ({**HOOK, "secret": "s3cret"}, ["line 5", "secret"]),
        ({**HOOK, "secret_file": "gone"}, ["secret_env", "secret_file"]),
        ({**HOOK, "secret_env": "NOT_SET"}, ["secret", "NOT_SET", "set it"]),
        ({**HOOK, "allow_http": "maybe"}, ["allow_http", "must be true or false"]),
        ({**HOOK, "secret_env": "ADE_HOOK_KEY"}, ["ADE_"]),
        ({**HOOK, "secret_env": "secret:of+tests"}, ["name of an environment variable"]),
        ({**HOOK, "ca_file": "missing.pem"}, ["ca_file", "missing.pem"]),
        ({**HOOK, "timeout": 0}, ["timeout", "greater than 0"]),
        ({**HOOK, "time_zone": "Mars/Base"}, ["time_zone", "Mars/Base"]),
        ({"type": "webhook", "secret_env": "HOOK_KEY"}, ["url"]),
        ({"type": "webhook", "url": "https://example.org"}, ["secret"]),
        ({"type": "webhook", "url": "https://example.org", "secret_file": "gone"}, ["secret", "gone"]),
        ({"type": "pigeon"}, ["type", "webhook, email"]),
        ({}, ["type"]),
        ({**MAIL, "to": []}, ["to", "at least one"]),
        ({**MAIL, "to": ["nobody"]}, ["to", "nobody"]),
        ({**MAIL, "user": "u"}, ["password_env"]),
        ({**MAIL, "user": "u", "password_env": "HOOK_KEY", "tls": "none"}, ["tls"]),
        ({**MAIL, "password_env": "HOOK_KEY"}, ["user"]),
        ({**MAIL, "daily_at": "25:00"}, ["daily_at"]),
        ({"type": "slack"}, ["url_env"]),
    ],
)
def test_a_wrong_route_names_the_file_the_route_and_the_field(
    fields: dict[str, object], words: list[str], tmp_path: Path
) -> None:
    message = error_of(tmp_path, table("team", **fields))
    for word in ["rules.toml", "route.team", *words]:
        assert word in message
    assert KEY not in message
    assert "s3cret" not in message
    assert "secret:of+tests" not in message


def test_every_wrong_route_is_reported(tmp_path: Path) -> None:
    message = error_of(tmp_path, table("one", **{**HOOK, "secret_env": "NO"}), table("two", type="slack"))
    assert "route.two" in message
    message = error_of(
        tmp_path, table("one", **{**HOOK, "secret_env": "NO"}), table("two", **{**HOOK, "secret_env": "NO_2"})
    )
    assert "route.one" in message
    assert "route.two" in message


@pytest.mark.parametrize(
    ("secret", "is_right"),
    [
        ("sixteen bytes at least", True),
        (f"whsec_{base64.b64encode(bytes(24)).decode()}", True),
        ("an earlier key of ours\na later key of ours\n", True),
        ("too short", False),
        (f"whsec_{base64.b64encode(bytes(9)).decode()}", False),
        ("whsec_§§§§§§§§§§§§§§§§§§§§§§§§§§§", False),
        (" \n", False),
    ],
)
def test_a_key_has_enough_bytes(secret: str, is_right: bool, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(secret, encoding="utf-8")
    route = table("team", type="webhook", url="https://example.org/", secret_file="key")
    if is_right:
        opened(tmp_path, route)
        return
    message = error_of(tmp_path, route)
    assert "secret" in message
    assert secret.strip() not in message or not secret.strip()


@pytest.mark.parametrize("name", ["Team", "a b", "x" * 64, "-a", "a/b"])
def test_a_name_fits_into_keys_and_labels(name: str, tmp_path: Path) -> None:
    assert "small letters" in error_of(tmp_path, table(f'"{name}"', **HOOK))


def test_there_must_be_a_rules_file_with_a_route(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="--rules"):
        open_routes(Settings(), clock=lambda: datetime.now(UTC))
    assert "has no route" in error_of(tmp_path, "")
    assert "TOML" in error_of(tmp_path, "[route")
    gone = Settings(alerts=AlertSettings(rules=tmp_path / "gone.toml"))
    with pytest.raises(MonitorError, match="gone"):
        open_routes(gone, clock=lambda: datetime.now(UTC))
