"""Settings: how they are defined, found and shown.

model            all sections, some of them from the next five files
alert_settings   alerts
e2b_settings     the sender of E2B(R3) messages
enrich_settings  drugs and copies
kafka_settings   Kafka: brokers, logins, topics
store_settings   the database and Redis, and what is stored
value_types      types of values, such as seconds and files
sources          where settings come from, and which source wins
problems         what is wrong with settings, in words
pem_files        files of certificates and keys that settings name
show             settings without their secrets
masking          addresses without their passwords
"""

from monitor.settings.alert_settings import AlertSettings
from monitor.settings.e2b_settings import E2bSettings
from monitor.settings.enrich_settings import EnrichSettings
from monitor.settings.kafka_settings import KafkaSettings
from monitor.settings.masking import masked_addresses, masked_url
from monitor.settings.model import (
    ComplianceSettings,
    ConnectSettings,
    EmbeddedSettings,
    LogSettings,
    ModelSettings,
    MonitoringSettings,
    PrivacySettings,
    RetentionSettings,
    Settings,
    WorkerSettings,
)
from monitor.settings.pem_files import load_key_pair, require_certificates
from monitor.settings.show import SettingRow, setting_rows
from monitor.settings.sources import CONFIG_VARIABLE, SECRETS_VARIABLE, LoadedSettings, load_settings
from monitor.settings.store_settings import DatabaseSettings, Negatives, RedisSettings, StoreSettings

__all__ = [
    "CONFIG_VARIABLE",
    "SECRETS_VARIABLE",
    "AlertSettings",
    "ComplianceSettings",
    "ConnectSettings",
    "DatabaseSettings",
    "E2bSettings",
    "EmbeddedSettings",
    "EnrichSettings",
    "KafkaSettings",
    "LoadedSettings",
    "LogSettings",
    "ModelSettings",
    "MonitoringSettings",
    "Negatives",
    "PrivacySettings",
    "RedisSettings",
    "RetentionSettings",
    "SettingRow",
    "Settings",
    "StoreSettings",
    "WorkerSettings",
    "load_key_pair",
    "load_settings",
    "masked_addresses",
    "masked_url",
    "require_certificates",
    "setting_rows",
]
