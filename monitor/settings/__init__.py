"""Settings: how they are defined (`model`, `value_types`), found (`sources`) and shown (`show`)."""

from monitor.settings.model import (
    AlertSettings,
    ComplianceSettings,
    ConnectSettings,
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
from monitor.settings.show import SettingRow, masked_url, setting_rows
from monitor.settings.sources import CONFIG_VARIABLE, SECRETS_VARIABLE, LoadedSettings, load_settings

__all__ = [
    "CONFIG_VARIABLE",
    "SECRETS_VARIABLE",
    "AlertSettings",
    "ComplianceSettings",
    "ConnectSettings",
    "DatabaseSettings",
    "EmbeddedSettings",
    "KafkaSettings",
    "LoadedSettings",
    "LogSettings",
    "ModelSettings",
    "PrivacySettings",
    "RedisSettings",
    "SettingRow",
    "Settings",
    "WorkerSettings",
    "load_settings",
    "masked_url",
    "setting_rows",
]
