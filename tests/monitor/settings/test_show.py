"""No password is shown, wherever it is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import SettingsError
from monitor.settings import Settings, load_settings
from monitor.settings.masking import masked_addresses, masked_url
from monitor.settings.show import setting_rows


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADE_DATABASE__URL", "postgresql://ade:hunter2@db/ade")
    monkeypatch.setenv("ADE_REDIS__URL", "redis://:hunter2@cache:6379/0")
    monkeypatch.setenv("ADE_PRIVACY__AUTHOR_KEY", "hunter2")
    loaded = load_settings()
    rows = {row.name: row for row in setting_rows(loaded)}
    assert "hunter2" not in str(rows) + str(loaded) + repr(loaded.settings)
    assert "db/ade" in rows["database.url"].value
    assert rows["database.url"].source == "environment"
    assert rows["kafka.topic"].source == "default"


def test_an_error_never_shows_the_value_of_a_secret_or_of_an_unknown_name(tmp_path: Path) -> None:
    (tmp_path / "ade-monitor.toml").write_text(
        '[database]\nurl = ["hunter2"]\npasword = "hunter2"\n'
        '[kafak]\npassword = "hunter2"\n[kafka]\ntopc = "x"\n'
    )
    with pytest.raises(SettingsError) as caught:
        load_settings()
    for name in ("database.url", "database.pasword", "did you mean kafka?", "did you mean kafka.topic?"):
        assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db/ade?user=ade&password=hunter2",
        "redis://db/0?PASSWORD=hunter2&ssl_password=hunter2",
        "redis://db/0?pass%77ord=hunter2",
        "postgresql://ade:a@hunter2@db/ade",
        "redis://:a/hunter2@db/0",
        "redis://:a?hunter2@db/0",
        "redis://:a#hunter2@db/0",
        "postgresql://ade:hunter2",
        "postgresql://ade:[hunter2@db/ade",
        "hunter2",
    ],
)
def test_no_password_is_shown_wherever_it_is_in_a_url(url: str) -> None:
    assert "hunter2" not in masked_url(url)


@pytest.mark.parametrize(
    "url",
    ["redis://cache:6379/0", "unix:///run/redis.sock?db=1", "postgresql:///ade", "http://h/a?b=c#d", ""],
)
def test_a_url_without_a_secret_is_shown_unchanged(url: str) -> None:
    assert masked_url(url) == url


@pytest.mark.parametrize(
    "text",
    [
        "ade:hunter2@broker:9092",
        "a:9092,ade:hun,ter2@broker:9092",
        "a:9092,ade:x@hunter2@broker:9092",
        "wss://ade:hunter2@a.example,wss://b.example",
        "wss://b.example,wss://ade:hun,ter2@a.example",
        "https://ade:hunter2@api.example",
        "https://api.example/?token=hun,ter2",
    ],
)
def test_no_login_of_an_address_is_shown(text: str) -> None:
    assert "ter2" not in masked_addresses(text)


@pytest.mark.parametrize(
    "text",
    [
        "a:9092,b:9092",
        "kafka://a:9092,b:9092",
        Settings().connect.jetstream_hosts,
        "wss://a.example, wss://b.example/?x=1,2",
        "monitor@home",
        "ade:alerts",
        "",
    ],
)
def test_addresses_without_a_login_are_shown_unchanged(text: str) -> None:
    assert masked_addresses(text) == text


@pytest.mark.parametrize(
    "value", ["ade:hunter2@broker:9092", "sasl://ade:hunter2@broker", "kafka://broker:9092"]
)
def test_a_login_among_the_brokers_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ADE_KAFKA__BOOTSTRAP_SERVERS", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    for part in ("kafka.bootstrap_servers", "from environment", "host:port alone"):
        assert part in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        'bootstrap_servers = ["ade:hunter2@broker:9092"]',
        'oauth_token_url = "https://ade:hunter2@login.example"',
        'topic = "https://ade:hunter2@broker:9092"',
    ],
)
def test_no_setting_of_kafka_shows_a_login_in_an_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "ade-monitor.toml").write_text(f"[kafka]\n{line}\n")
    with pytest.raises(SettingsError, match=line.split()[0]) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_login_of_a_platform_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADE_CONNECT__JETSTREAM_HOSTS", "wss://ade:hunter2@jetstream.example")
    rows = {row.name: row for row in setting_rows(load_settings())}
    assert rows["connect.jetstream_hosts"].value == "wss://ade:***@jetstream.example"


@given(st.text(min_size=1).filter(lambda text: text not in "*:/@"))
def test_a_url_never_shows_its_password(password: str) -> None:
    masked = masked_url(f"postgresql://ade:{quote(password, safe='')}@db:5432/ade")
    assert masked in ("postgresql://ade:***@db:5432/ade", "********")
