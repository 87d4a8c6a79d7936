"""The settings of the database and of Redis: their addresses, with the logins, and TLS."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, SecretStr, model_validator

from monitor.settings.value_types import OptionalFile, Seconds, Section, TlsMode

_WITHOUT_TLS: Final = {"tls_ca": None, "tls_certificate": None, "tls_key": None}


class DatabaseSettings(Section):
    """The ADE database."""

    url: SecretStr = Field(
        SecretStr("postgresql://ade@localhost:5432/ade"),
        description="SQLAlchemy URL; postgresql:// means psycopg 3",
    )
    pool_size: int = Field(4, ge=1, le=100, description="connections that a process keeps open")
    statement_timeout: Seconds = Field(30, description="seconds until the server cancels a statement")
    tls_mode: TlsMode = Field(
        None,
        description="libpq's sslmode, such as require or verify-full; by default that of the URL, or "
        "verify-full if tls_ca is set",
    )
    tls_ca: OptionalFile = Field(
        None, description="PEM file of the authority that signed the server's certificate"
    )
    tls_certificate: OptionalFile = Field(
        None, description="PEM file of our certificate, for a server that requires one"
    )
    tls_key: OptionalFile = Field(None, description="PEM file of its private key")

    def at(self, url: str) -> DatabaseSettings:
        """Return these settings for the database at `url`, which is reached without TLS."""
        return self.model_copy(update={"url": SecretStr(url), **_WITHOUT_TLS, "tls_mode": None})

    @model_validator(mode="after")
    def _key_has_a_certificate(self) -> DatabaseSettings:
        if (self.tls_key is None) != (self.tls_certificate is None):
            raise ValueError("database.tls_key and database.tls_certificate belong together: set both")
        if self.tls_ca and self.tls_mode not in (None, "verify-ca", "verify-full"):
            raise ValueError(
                f"database.tls_ca is set in vain: with database.tls_mode {self.tls_mode}, no certificate "
                "is checked; set it to verify-full"
            )
        return self


Negatives = Literal["none", "sample", "all"]
"""Which posts without an effect get a row in the database."""


class StoreSettings(Section):
    """What is stored of posts in which no effect is found. They are counted in any case."""

    negatives: Negatives = Field(
        "none",
        description="which posts without an effect get rows: none, sample (a share, for review), or all",
    )
    negatives_share: float = Field(
        0.001, gt=0, le=1, description="share of them that negatives = sample stores, from 0 to 1"
    )


class RedisSettings(Section):
    """Redis or Valkey, where the alerts go."""

    url: SecretStr = Field(
        SecretStr("redis://localhost:6379/0"),
        description="redis://user:password@host:port/db, or rediss:// for TLS",
    )
    tls_ca: OptionalFile = Field(
        None,
        description="PEM file of the authority that signed the server's certificate, if not a public one",
    )
    tls_certificate: OptionalFile = Field(
        None, description="PEM file of our certificate, for a server that requires one"
    )
    tls_key: OptionalFile = Field(None, description="PEM file of its private key")

    def at(self, url: str) -> RedisSettings:
        """Return these settings for the server at `url`, which is reached without TLS."""
        return self.model_copy(update={"url": SecretStr(url), **_WITHOUT_TLS})

    @model_validator(mode="after")
    def _files_are_for_tls(self) -> RedisSettings:
        if (self.tls_key is None) != (self.tls_certificate is None):
            raise ValueError("redis.tls_key and redis.tls_certificate belong together: set both")
        is_encrypted = self.url.get_secret_value().startswith("rediss:")
        if (self.tls_ca or self.tls_certificate) and not is_encrypted:
            raise ValueError("redis.tls_ca is set in vain: redis.url must start with rediss://")
        return self
