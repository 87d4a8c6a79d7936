"""Every setting of the monitor, with its unit, its default and its bounds.

A setting is named `ADE_<SECTION>__<NAME>` in the environment and in `.env`, and
`[section] name = …` in the TOML file. `sources` says which of them wins.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from models.options import NormalizerChoice, PrecisionChoice, ServingOptions

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A group of settings: frozen, and an unknown name in it is an error rather than a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Section):
    """The broker and the topics."""

    bootstrap_servers: str = Field("localhost:9092", description="host:port of the brokers, comma-separated")
    topic: str = Field("tweets", pattern=r"^[A-Za-z0-9._-]{1,245}$", description="topic of the tweets")
    partitions: int = Field(4, ge=1, le=1_000, description="partitions of the topic when we create it")
    replication_factor: int = Field(1, ge=1, le=10, description="copies of each partition when we create it")
    group_id: str = Field("ade-monitor", min_length=1, description="consumer group of the workers")
    group_instance_id: str | None = Field(None, description="static membership: a restart takes half as long")
    session_timeout: Seconds = Field(30, description="seconds without heartbeat until a worker is dead")
    heartbeat_interval: Seconds = Field(3, description="seconds between two heartbeats")
    rebalance_timeout: Seconds = Field(60, description="seconds that a batch may last in a rebalance")

    @property
    def dead_letter_topic(self) -> str:
        """Where unreadable messages go."""
        return f"{self.topic}.dlq"

    @model_validator(mode="after")
    def _heartbeats_fit_the_session(self) -> KafkaSettings:
        if self.heartbeat_interval * 3 > self.session_timeout:
            raise ValueError(
                f"kafka.heartbeat_interval ({self.heartbeat_interval:g} s) must be at most a third of "
                f"kafka.session_timeout ({self.session_timeout:g} s), or one lost heartbeat evicts the worker"
            )
        return self


class DatabaseSettings(Section):
    """The ADE database."""

    url: SecretStr = Field(
        SecretStr("postgresql://ade@localhost:5432/ade"),
        description="SQLAlchemy URL; postgresql:// means psycopg 3",
    )
    pool_size: int = Field(4, ge=1, le=100, description="connections that a process keeps open")
    statement_timeout: Seconds = Field(30, description="seconds until the server gives a statement up")


class RedisSettings(Section):
    """Redis or Valkey, where the alerts go."""

    url: SecretStr = Field(SecretStr("redis://localhost:6379/0"), description="redis:// or rediss:// URL")


class AlertSettings(Section):
    """How alerts are published."""

    stream: str = Field("ade:alerts", min_length=1, description="Redis Stream, the record of all alerts")
    channel: str = Field("ade:alerts", min_length=1, description="PUBLISH channel, a live hint of new alerts")
    max_length: int = Field(1_000_000, ge=1, description="entries that the stream keeps, about")
    seen_ttl: int = Field(7 * 86_400, ge=60, description="seconds for which an alert's id is remembered")
    min_probability: Probability = Field(0.0, description="least probability of a tweet for an alert")
    relay_interval: Seconds = Field(5, description="seconds between two looks at the outbox")


class ModelSettings(Section):
    """Which model judges the tweets, and where it runs."""

    bundle: str = Field(
        "default",
        description="a bundle's folder; `default` ships with us, `dummy` is for load tests",
    )
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda or cuda:N")
    threads: int = Field(1, ge=1, le=256, description="CPU threads of the forward pass")
    precision: PrecisionChoice = Field(
        "auto", description="of the matrix products: fp32, bf16, or auto, which is bf16 where it is faster"
    )
    cache: int = Field(
        50_000, ge=0, le=10_000_000, description="answers kept for texts that come again, 0: none"
    )
    trunk: str | None = Field(None, description="folder of the encoder, if not where the bundle says")
    normalizer: NormalizerChoice | None = Field(
        None, description="what codes the spans: classifier, retrieval or hybrid, if not as the bundle says"
    )

    @property
    def serving(self) -> ServingOptions:
        """What the model is told of where and how it runs."""
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

    batch_size: int = Field(512, ge=1, le=10_000, description="tweets in a micro-batch, at most")
    batch_wait: Seconds = Field(0.25, description="seconds to wait for a batch to fill")
    queue_size: int = Field(2, ge=1, le=100, description="batches between reading and writing")
    buffer_size: int = Field(1_024, ge=1, le=100_000, description="messages that Faust buffers ahead")
    shutdown_timeout: Seconds = Field(20, description="seconds until a hanging shutdown is forced")
    retry_max_wait: Seconds = Field(30, description="longest pause between tries, database away")


class PrivacySettings(Section):
    """What protects the people who tweet."""

    author_key: SecretStr | None = Field(
        None,
        description="HMAC-SHA256 key for author ids; without it no author is stored",
    )


class EmbeddedSettings(Section):
    """The broker, Postgres and Valkey that `ade-monitor up` starts by itself."""

    data_dir: Path = Field(Path("ade-data"), description="folder of all that the embedded stack keeps")
    start_timeout: Seconds = Field(30, description="seconds for a part to answer at its start")


class LogSettings(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level logged")
    format: Literal["auto", "console", "json"] = Field("auto", description="auto: JSON unless on a terminal")


class Settings(Section):
    """All sections."""

    kafka: KafkaSettings = KafkaSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    alerts: AlertSettings = AlertSettings()
    model: ModelSettings = ModelSettings()
    worker: WorkerSettings = WorkerSettings()
    privacy: PrivacySettings = PrivacySettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    log: LogSettings = LogSettings()
