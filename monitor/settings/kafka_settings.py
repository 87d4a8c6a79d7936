"""The settings of Kafka: the brokers, how to log in to them, the topics, and the workers' group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from monitor.settings.value_types import OptionalFile, OptionalSecret, OptionalText, Seconds, Section

LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}

SECURITY: Final = (
    *("security_protocol", "sasl_mechanism", "username", "password"),
    *("tls_ca", "tls_certificate", "tls_key", "tls_key_password"),
    *("oauth_token_url", "oauth_client_id", "oauth_client_secret", "oauth_scope"),
)
"""The settings that say how a client proves who it is, and how connections are encrypted."""


def _in_capitals(value: object) -> object:
    """Return a name as Kafka writes it; an empty one is unset."""
    return (value.strip().upper() or None) if isinstance(value, str) else value


def _protocol(value: object) -> object:
    return _in_capitals(value) or "PLAINTEXT"


SecurityProtocol = Annotated[
    Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], BeforeValidator(_protocol)
]
SaslMechanism = Annotated[
    Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None, BeforeValidator(_in_capitals)
]


class KafkaSettings(Section):
    """The broker and the topics."""

    bootstrap_servers: str = Field("localhost:9092", description="host:port of the brokers, comma-separated")
    topic: str = Field("tweets", pattern=r"^[A-Za-z0-9._-]{1,245}$", description="topic of the tweets")
    partitions: int = Field(4, ge=1, le=1_000, description="partitions of the topic if we create it")
    replication_factor: int = Field(
        -1, ge=-1, le=10, description="copies of each partition if we create it, -1 for the broker's default"
    )
    group_id: str = Field("ade-monitor", min_length=1, description="consumer group of the workers")
    group_instance_id: str = Field(
        "auto",
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
        description="name of the worker in its group, which a restart keeps: auto (host and number), none, "
        "or your own, different for each worker",
    )
    session_timeout: Seconds = Field(
        15, description="seconds without heartbeat until a worker counts as dead"
    )
    heartbeat_interval: Seconds = Field(3, description="seconds between two heartbeats")
    rebalance_timeout: Seconds = Field(60, description="seconds that a batch may take in a rebalance")
    on_offset_reset: Literal["earliest", "stop"] = Field(
        "earliest",
        description="if the next message is gone or the topic was created again: earliest goes on with the "
        "oldest message, stop ends the worker",
    )
    empty_answer_pause: Seconds = Field(
        60,
        description="seconds between two queries about messages that the broker claims to have and does not "
        "return; three such answers mean damage; less than a third of worker.stall_timeout",
    )
    isolation_level: Literal["read_committed", "read_uncommitted"] = Field(
        "read_committed", description="read_committed skips messages of transactions that were aborted"
    )

    security_protocol: SecurityProtocol = Field(
        "PLAINTEXT", description="PLAINTEXT, SSL (TLS), SASL_PLAINTEXT (a login) or SASL_SSL (both)"
    )
    sasl_mechanism: SaslMechanism = Field(
        None, description="how to log in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"
    )
    username: OptionalText = Field(None, description="user of PLAIN and SCRAM")
    password: OptionalSecret = Field(None, description="password of PLAIN and SCRAM")
    tls_ca: OptionalFile = Field(
        None,
        description="PEM file of the authorities that signed the brokers' certificates, if not a public one",
    )
    tls_certificate: OptionalFile = Field(
        None, description="PEM file of our certificate, for brokers that require one"
    )
    tls_key: OptionalFile = Field(
        None, description="PEM file of its private key, if it is not in tls_certificate"
    )
    tls_key_password: OptionalSecret = Field(None, description="password of the private key")
    oauth_token_url: OptionalText = Field(
        None, description="address that gives OAUTHBEARER its tokens (OAuth 2.0, client credentials)"
    )
    oauth_client_id: OptionalText = Field(None, description="our name at that address")
    oauth_client_secret: OptionalSecret = Field(None, description="our secret at that address")
    oauth_scope: OptionalText = Field(None, description="scope of the tokens, if that address needs one")

    @property
    def uses_tls(self) -> bool:
        """Return True if connections to the brokers are encrypted."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def uses_sasl(self) -> bool:
        """Return True if clients log in with a password or a token."""
        return self.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL")

    def without_security(self) -> KafkaSettings:
        """Return these settings for a broker without passwords and TLS, such as the embedded one."""
        return self.model_copy(update={name: type(self).model_fields[name].default for name in SECURITY})

    @property
    def dead_letter_topic(self) -> str:
        """Topic for messages that cannot be read."""
        return f"{self.topic}.dlq"

    @field_validator("bootstrap_servers")
    @classmethod
    def _hosts_alone(cls, servers: str) -> str:
        """Refuse a login, which no client would use and messages would show, and a scheme."""
        if "@" in servers:
            raise ValueError("has a login: write host:port alone, and set kafka.username and kafka.password")
        if "://" in servers:
            raise ValueError("is a URL: write host:port alone, and set kafka.security_protocol")
        return servers

    @field_validator("replication_factor")
    @classmethod
    def _some_copies(cls, copies: int) -> int:
        if copies == 0:
            raise ValueError("must be at least 1, or -1 for the broker's default")
        return copies

    @model_validator(mode="after")
    def _heartbeats_fit_the_session(self) -> KafkaSettings:
        if self.heartbeat_interval * 3 > self.session_timeout:
            raise ValueError(
                f"kafka.heartbeat_interval ({self.heartbeat_interval:g} s) must be at most a third of "
                f"kafka.session_timeout ({self.session_timeout:g} s), or one lost heartbeat evicts the worker"
            )
        return self

    @field_validator("oauth_token_url")
    @classmethod
    def _tokens_travel_encrypted(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("must start with https://, because our secret is sent there")
        if "@" in parts.netloc:
            raise ValueError("has a login: write it to kafka.oauth_client_id and kafka.oauth_client_secret")
        return url

    @model_validator(mode="after")
    def _security_is_complete(self) -> KafkaSettings:
        """Refuse a login that is incomplete, and one that the protocol would silently leave out."""
        login = {"username": self.username, "password": self.password}
        token = {
            "oauth_token_url": self.oauth_token_url,
            "oauth_client_id": self.oauth_client_id,
            "oauth_client_secret": self.oauth_client_secret,
        }
        if self.uses_sasl and self.sasl_mechanism is None:
            raise ValueError(
                f"kafka.security_protocol {self.security_protocol} needs kafka.sasl_mechanism: PLAIN, "
                "SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"
            )
        needed = token if self.sasl_mechanism == "OAUTHBEARER" else login
        if self.uses_sasl:
            _require_all(needed, f"kafka.sasl_mechanism {self.sasl_mechanism} needs it")
            unused = login if needed is token else {**token, "oauth_scope": self.oauth_scope}
            _refuse_any(unused, f"kafka.sasl_mechanism {self.sasl_mechanism} does not use it")
        else:
            unused = {
                "sasl_mechanism": self.sasl_mechanism,
                **login,
                **token,
                "oauth_scope": self.oauth_scope,
            }
            _refuse_any(unused, "set kafka.security_protocol to SASL_SSL, or it would not be used")
        if self.tls_key and not self.tls_certificate:
            raise ValueError("kafka.tls_key is set without kafka.tls_certificate")
        if self.tls_key_password and not self.tls_certificate:
            raise ValueError("kafka.tls_key_password is set without kafka.tls_certificate")
        if not self.uses_tls:
            files = {"tls_ca": self.tls_ca, "tls_certificate": self.tls_certificate}
            _refuse_any(files, "set kafka.security_protocol to SSL or SASL_SSL, or it would not be used")
        return self


def _require_all(settings: Mapping[str, object], reason: str) -> None:
    missing = [f"kafka.{name}" for name, value in settings.items() if value is None]
    if missing:
        raise ValueError(f"{' and '.join(missing)} not set: {reason}")


def _refuse_any(settings: Mapping[str, object], reason: str) -> None:
    present = [f"kafka.{name}" for name, value in settings.items() if value is not None]
    if present:
        raise ValueError(f"{' and '.join(present)} set in vain: {reason}")
