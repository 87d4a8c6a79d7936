"""Every setting of the monitor, with its unit, its default and its bounds.

A setting is named `ADE_<SECTION>__<NAME>` in the environment and in `.env`, and
`[section] name = …` in the TOML file. `sources` defines which of them wins.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from models.options import NormalizerChoice, PrecisionChoice, ServingOptions
from monitor.settings.alert_settings import AlertSettings
from monitor.settings.e2b_settings import E2bSettings
from monitor.settings.enrich_settings import EnrichSettings
from monitor.settings.kafka_settings import KafkaSettings
from monitor.settings.store_settings import DatabaseSettings, RedisSettings, StoreSettings
from monitor.settings.value_types import (
    BrokerChoice,
    Languages,
    OptionalPort,
    OptionalSecret,
    Port,
    Seconds,
    Section,
)


class ModelSettings(Section):
    """Which model scores the tweets, and where it runs."""

    bundle: str = Field(
        "default",
        description="folder of a bundle; `default` is included, `dummy` is for load tests",
    )
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda or cuda:N")
    threads: int = Field(1, ge=1, le=256, description="CPU threads of the forward pass")
    precision: PrecisionChoice = Field(
        "auto", description="precision of matrix products: fp32, bf16, or auto, which is bf16 if it is faster"
    )
    cache: int = Field(
        50_000, ge=0, le=10_000_000, description="predictions kept for repeated texts, 0 for none"
    )
    trunk: str | None = Field(
        None, description="folder of the encoder, instead of the one that the bundle names"
    )
    normalizer: NormalizerChoice | None = Field(
        None, description="Normalizer: classifier, retrieval or hybrid, instead of the bundle's choice"
    )

    @property
    def serving(self) -> ServingOptions:
        """The options for loading and running the model."""
        return ServingOptions(
            device=self.device,
            threads=self.threads,
            trunk=self.trunk,
            normalizer=self.normalizer,
            precision=self.precision,
            cache=self.cache,
        )


class WorkerSettings(Section):
    """The micro-batches."""

    batch_size: int = Field(512, ge=1, le=10_000, description="maximum number of tweets in a micro-batch")
    batch_wait: Seconds = Field(0.25, description="seconds to wait for a batch to fill")
    queue_size: int = Field(2, ge=1, le=100, description="batches that may wait to be written")
    languages: Languages = Field(
        None,
        description="languages that are scored, such as en,es, or * for all; by default the bundle's",
    )
    buffer_size: int = Field(
        1_024, ge=1, le=100_000, description="messages that wait for a batch, of all partitions together"
    )
    buffer_bytes: int = Field(
        32 * 1024 * 1024,
        ge=1024 * 1024,
        le=16 * 1024**3,
        description="bytes of messages that wait for a batch; a batch has at most an eighth of them",
    )
    shutdown_timeout: Seconds = Field(20, description="seconds until a hanging shutdown is forced")
    stall_timeout: Seconds = Field(
        300, description="seconds without progress, for no known reason, until the worker ends with status 1"
    )
    retry_max_wait: Seconds = Field(
        30, description="longest pause between attempts while the database is away"
    )
    state_dir: Path | None = Field(
        None,
        description="folder where a worker notes what it scores, to find posts that end it; by default "
        "systemd's STATE_DIRECTORY",
    )
    reload: bool = Field(
        False, description="take up another bundle that is put into the bundle's folder, without a restart"
    )


class ComplianceSettings(Section):
    """Deletions and other compliance events."""

    keep_unmatched: int = Field(
        30,
        ge=0,
        le=36_500,
        description="days after which events that matched nothing are counted and removed, 0 for never",
    )


class RetentionSettings(Section):
    """How long results are kept; 0 means for ever."""

    posts_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="days after which a post is removed with all that is stored of it, 0 for never; "
        "needs alerts_days",
    )
    negatives_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="the same for posts in which no effect was found; 0 means as posts_days",
    )
    alerts_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="days after which alerts are removed from the Redis Stream, 0 for never",
    )
    whole_months: bool = Field(
        False,
        description="remove the posts of a month together, once the last of them is older than posts_days: "
        "far less work for the database, and a post stays up to a month longer",
    )

    @model_validator(mode="after")
    def _negatives_go_first(self) -> RetentionSettings:
        if self.posts_days and self.negatives_days > self.posts_days:
            raise ValueError(
                f"retention.negatives_days ({self.negatives_days}) is set in vain: retention.posts_days "
                f"removes all posts after {self.posts_days} days"
            )
        return self

    @model_validator(mode="after")
    def _no_alert_outlives_its_post(self) -> RetentionSettings:
        """Only the row of the post knows the alerts that a later deletion of the author must retract."""
        if self.posts_days and not 0 < self.alerts_days <= self.posts_days:
            raise ValueError(
                f"retention.posts_days ({self.posts_days}) needs a retention.alerts_days from 1 to "
                f"{self.posts_days}, and it is {self.alerts_days}: alerts that stay longer than their posts "
                "cannot be retracted when the author deletes the post"
            )
        return self


class ConnectSettings(Section):
    """The connectors to live platforms."""

    drugs: Path | None = Field(None, description="TOML file of drug names (docs/connect.md)")
    state_dir: Path = Field(
        Path("ade-connect"), description="folder where connectors keep how far they have read"
    )
    report_interval: Seconds = Field(60, description="seconds between two log lines with the counts")
    x_bearer_token: SecretStr | None = Field(None, description="app-only bearer token of the X API")
    x_url: str = Field("https://api.x.com", description="address of the X API")
    x_backfill_minutes: int = Field(
        0, ge=0, le=5, description="minutes that X sends again after a lost connection, if your access has it"
    )
    jetstream_hosts: str = Field(
        "wss://jetstream1.us-east.bsky.network,wss://jetstream2.us-east.bsky.network,"
        "wss://jetstream1.us-west.bsky.network,wss://jetstream2.us-west.bsky.network",
        description="hosts of Bluesky's Jetstream, comma-separated; the next one is tried after a failure",
    )
    jetstream_dictionary: Path | None = Field(
        None, description="zstd dictionary of Jetstream, to receive smaller events"
    )
    mastodon_server: str | None = Field(None, description="address of the Mastodon server")
    mastodon_access_token: SecretStr | None = Field(
        None, description="access token of the Mastodon server, for its stream"
    )
    mastodon_poll_interval: Seconds = Field(
        5, description="seconds between two looks at the timelines, without a stream"
    )


class PrivacySettings(Section):
    """What protects the people who tweet."""

    author_key: SecretStr | None = Field(
        None,
        description="HMAC-SHA256 key for author ids; without it, no author is stored",
    )
    previous_author_keys: OptionalSecret = Field(
        None, description="earlier values of author_key, one on each line; stored posts are found with them"
    )

    @property
    def earlier_keys(self) -> list[str]:
        """The keys in `previous_author_keys`."""
        if self.previous_author_keys is None:
            return []
        return [line for line in self.previous_author_keys.get_secret_value().splitlines() if line.strip()]


class EmbeddedSettings(Section):
    """The broker, Postgres and Valkey that `ade-monitor up` starts."""

    data_dir: Path = Field(Path("ade-data"), description="folder of the embedded stack's data")
    start_timeout: Seconds = Field(
        30, description="seconds until a server that does not answer counts as failed"
    )
    broker: BrokerChoice = Field(
        "tansu", description="broker: tansu keeps topics in memory only, kafka (Apache Kafka) on disk"
    )
    kafka_home: Path | None = Field(
        None, description="folder of an Apache Kafka 4 for broker = kafka, by default that of KAFKA_HOME"
    )
    kafka_port: Port | None = Field(None, description="port of the broker, by default a free one")
    postgres_port: Port | None = Field(None, description="port of Postgres, by default a free one")
    valkey_port: Port | None = Field(None, description="port of Valkey, by default a free one")

    @model_validator(mode="after")
    def _ports_differ(self) -> EmbeddedSettings:
        ports = [port for port in (self.kafka_port, self.postgres_port, self.valkey_port) if port is not None]
        if len(set(ports)) < len(ports):
            raise ValueError(
                "embedded.kafka_port, postgres_port and valkey_port must differ: a port has one server"
            )
        return self


class MonitoringSettings(Section):
    """Where a process serves its metrics and its health."""

    host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="address of /metrics, /live and /ready; they have no login, so name another address than "
        "loopback only in a network that you trust",
    )
    port: OptionalPort = Field(
        None,
        description="port of them, a different one for each process of a machine; 0 for a free one, none for "
        "no server",
    )


class LogSettings(Section):
    """What is logged, and in which format."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="lowest level that is logged"
    )
    format: Literal["auto", "console", "json"] = Field("auto", description="auto: JSON unless on a terminal")


class Settings(Section):
    """All sections."""

    kafka: KafkaSettings = KafkaSettings()
    database: DatabaseSettings = DatabaseSettings()
    store: StoreSettings = StoreSettings()
    redis: RedisSettings = RedisSettings()
    alerts: AlertSettings = AlertSettings()
    model: ModelSettings = ModelSettings()
    enrich: EnrichSettings = EnrichSettings()
    worker: WorkerSettings = WorkerSettings()
    compliance: ComplianceSettings = ComplianceSettings()
    retention: RetentionSettings = RetentionSettings()
    connect: ConnectSettings = ConnectSettings()
    privacy: PrivacySettings = PrivacySettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    e2b: E2bSettings = E2bSettings()
    log: LogSettings = LogSettings()
