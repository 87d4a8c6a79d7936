"""Client programs get their addresses as options, and passwords only through the environment."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from monitor.cli.client_programs import psql_address, redis_client_options
from monitor.errors import SettingsError
from monitor.settings import DatabaseSettings, RedisSettings


@pytest.mark.parametrize(
    ("url", "address", "password"),
    [
        ("postgresql://ade:s3cret@db.example:5433/ade", "postgresql://ade@db.example:5433/ade", "s3cret"),
        ("postgres://ade@localhost/ade", "postgresql://ade@localhost/ade", None),
        ("postgresql+psycopg:///ade?host=/run/pg", "postgresql:///ade?host=%2Frun%2Fpg", None),
        (
            "postgresql://ade@db/ade?sslmode=require&password=s3cret&sslpassword=t0p",
            "postgresql://ade@db/ade?sslmode=require",
            "s3cret",
        ),
        ("postgresql://ade:p%40ss%2Fword@db/ade", "postgresql://ade@db/ade", "p@ss/word"),
    ],
)
def test_psql_gets_the_url_without_its_password(url: str, address: str, password: str | None) -> None:
    shown, secrets = psql_address(DatabaseSettings(url=SecretStr(url)))
    assert shown.replace("/run/pg", "%2Frun%2Fpg") == address
    assert secrets == ({"PGPASSWORD": password} if password else {})


@pytest.mark.parametrize(
    ("url", "options", "password"),
    [
        ("redis://localhost", ["-h", "localhost", "-p", "6379"], None),
        ("redis://:s3cret@127.0.0.1:7000/0", ["-h", "127.0.0.1", "-p", "7000"], "s3cret"),
        ("redis://ade:s3%2Fcret@h:7000/2", ["-h", "h", "-p", "7000", "-n", "2", "--user", "ade"], "s3/cret"),
        ("unix:///run/redis.sock?db=3", ["-s", "/run/redis.sock", "-n", "3"], None),
        (
            "rediss://h:1?ssl_ca_certs=/ca.pem&ssl_cert_reqs=none",
            ["-h", "h", "-p", "1", "--tls", "--cacert", "/ca.pem", "--insecure"],
            None,
        ),
    ],
)
def test_redis_clients_get_options_without_the_password(
    url: str, options: list[str], password: str | None
) -> None:
    shown, secrets = redis_client_options(RedisSettings(url=SecretStr(url)))
    assert shown == options
    assert secrets == ({"REDISCLI_AUTH": password} if password else {})


def test_a_wrong_url_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        redis_client_options(RedisSettings(url=SecretStr("http://:hush@h")))
    assert "hush" not in str(caught.value)
