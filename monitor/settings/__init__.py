"""Settings: their definition (`model`), their sources (`sources`), and how to show them (`show`)."""

from monitor.settings.model import (
    AlertSettings,
    DatabaseSettings,
    EmbeddedSettings,
    KafkaSettings,
    LogSettings,
    ModelSettings,
    PrivacySettings,
    RedisSettings,
    Settings,
    WorkerSettings,
)
from monitor.settings.sources import load_settings

__all__ = [
    "AlertSettings",
    "DatabaseSettings",
    "EmbeddedSettings",
    "KafkaSettings",
    "LogSettings",
    "ModelSettings",
    "PrivacySettings",
    "RedisSettings",
    "Settings",
    "WorkerSettings",
    "load_settings",
]
