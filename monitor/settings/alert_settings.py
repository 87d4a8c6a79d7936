"""The settings of alerts: which are raised, and how they are published."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from monitor.settings.value_types import Probability, Seconds, Section


class AlertSettings(Section):
    """How alerts are published."""

    stream: str = Field("ade:alerts", min_length=1, description="Redis Stream, the record of all alerts")
    channel: str = Field("ade:alerts", min_length=1, description="PUBLISH channel, a live hint of new alerts")
    max_length: int = Field(
        1_000_000, ge=1, description="approximate number of entries that the stream keeps"
    )
    seen_ttl: int = Field(7 * 86_400, ge=60, description="seconds for which an alert's id is remembered")
    replicas: int = Field(
        0, ge=0, le=10, description="replicas of Redis that must have an alert before it counts as published"
    )
    min_probability: Probability = Field(0.0, description="minimum probability of a tweet that raises alerts")
    rules: Path | None = Field(
        None, description="TOML file of rules; by default, each distinct effect raises one alert"
    )
    relay_interval: Seconds = Field(5, description="seconds between two checks of the outbox")
    rewrite_interval: int = Field(
        300,
        ge=1,
        le=86_400,
        description="seconds between two rewrites of Redis's append-only file after retractions",
    )
