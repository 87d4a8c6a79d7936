"""A migrated database for each test of the store. No broker and no Redis is started for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from monitor.embedded import Postgres
from monitor.settings import DatabaseSettings, PrivacySettings, Settings, StoreSettings


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings for an empty database."""
    return _wired(database_url)


@pytest.fixture
def migrated(
    postgres: Postgres, _postgres_admin: psycopg.Connection[Any], _migrated_template: str
) -> Iterator[Settings]:
    """Settings for a database at the newest revision."""
    name = f"store_{uuid.uuid4().hex[:12]}"
    _postgres_admin.execute(f"CREATE DATABASE {name} TEMPLATE {_migrated_template}")
    yield _wired(postgres.url_of(name))
    _postgres_admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _wired(url: str) -> Settings:
    return Settings(
        database=DatabaseSettings(url=SecretStr(url)),
        privacy=PrivacySettings(author_key=SecretStr("a key for tests")),
        # Most tests look at rows. `test_negative_posts` is about the default.
        store=StoreSettings(negatives="all"),
    )
