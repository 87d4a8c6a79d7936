"""Settings: the order of their sources, and the messages for invalid ones."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from models import ServingOptions
from models.options import NormalizerChoice, PrecisionChoice
from monitor.errors import SettingsError
from monitor.settings import load_settings, setting_rows


def test_without_sources_all_settings_are_default() -> None:
    loaded = load_settings()
    assert loaded.settings.kafka.topic == "tweets"
    assert loaded.origins == {}


def test_the_stronger_source_wins_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "ade_kafka__topic").write_text("from-secret\n")
    (tmp_path / "ade-monitor.toml").write_text('[kafka]\ntopic = "from-toml"\n')
    seen = [load_settings()]
    monkeypatch.setenv("ADE_SECRETS_DIR", str(secrets))
    seen.append(load_settings())
    (tmp_path / ".env").write_text("ADE_KAFKA__TOPIC=from-dotenv\n")
    seen.append(load_settings())
    monkeypatch.setenv("ADE_KAFKA__TOPIC", "from-environment")
    seen.append(load_settings())
    seen.append(load_settings({"kafka.topic": "from-command"}))
    assert [loaded.settings.kafka.topic for loaded in seen] == [
        "from-toml",
        "from-secret",
        "from-dotenv",
        "from-environment",
        "from-command",
    ]
    assert len({loaded.origins["kafka.topic"] for loaded in seen}) == 5


def test_sources_of_one_section_are_merged_name_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ade-monitor.toml").write_text('[kafka]\ntopic = "t"\npartitions = 7\n')
    monkeypatch.setenv("ADE_KAFKA__TOPIC", "u")
    kafka = load_settings().settings.kafka
    assert (kafka.topic, kafka.partitions) == ("u", 7)


def test_an_override_of_none_overrides_nothing() -> None:
    assert load_settings({"kafka.topic": None}).settings.kafka.topic == "tweets"


def test_config_or_its_variable_names_another_toml_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[worker]\nbatch_size = 7\n")
    assert load_settings(config=other).settings.worker.batch_size == 7
    monkeypatch.setenv("ADE_CONFIG", str(other))
    assert load_settings().settings.worker.batch_size == 7


@pytest.mark.parametrize("choice", get_args(NormalizerChoice))
def test_each_normalizer_of_the_models_can_be_set(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADE_MODEL__NORMALIZER", choice)
    assert load_settings().settings.model.normalizer == choice


@pytest.mark.parametrize("choice", get_args(PrecisionChoice))
def test_each_precision_of_the_models_can_be_set(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADE_MODEL__PRECISION", choice)
    assert load_settings().settings.model.serving.precision == choice


def test_all_settings_of_the_model_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ServingOptions("cuda:1", 3, "encoder", "hybrid", "bf16", 7)
    for name in ("device", "threads", "trunk", "normalizer", "precision", "cache"):
        monkeypatch.setenv(f"ADE_MODEL__{name.upper()}", str(getattr(options, name)))
    assert load_settings().settings.model.serving == options
    assert len(vars(options)) == 6


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("ADE_KAFKA__TOPIKS", "x", "ADE_KAFKA__TOPIC"),
        ("ADE_KAFKA__TOPIC", "a b", "kafka.topic 'a b' (from environment)"),
        ("ADE_WORKER__BATCH_SIZE", "many", "worker.batch_size 'many' (from environment)"),
        ("ADE_WORKER__BATCH_SIZE", "0", "worker.batch_size"),
        ("ADE_LOG__LEVEL", "loud", "log.level"),
        ("ADE_WORKER__RELOAD", "maybe", "worker.reload 'maybe' (from environment): must be true or false"),
        ("ADE_MODEL__DEVICE", "tpu", "model.device"),
        ("ADE_MODEL__NORMALIZER", "both", "model.normalizer"),
        ("ADE_MODEL__PRECISION", "fp8", "model.precision"),
        ("ADE_MODEL__CACHE", "-1", "model.cache"),
        ("ADE_CONFIG", "/nowhere/ade.toml", "/nowhere/ade.toml"),
        ("ADE_SECRETS_DIR", "/nowhere/secrets", "/nowhere/secrets"),
        ("ADE_KAFKA__HEARTBEAT_INTERVAL", "20", "kafka.session_timeout"),
        ("ADE_WORKER__LANGUAGES", "en,English", "'English' is not a language tag"),
        ("ADE_WORKER__LANGUAGES", '["en"', "worker.languages"),
        ("ADE_WORKER__LANGUAGES", "[1]", "worker.languages"),
        ("ADE_EMBEDDED__KAFKA_PORT", "0", "embedded.kafka_port"),
        ("ADE_EMBEDDED__VALKEY_PORT", "65536", "embedded.valkey_port"),
    ],
)
def test_an_invalid_variable_is_named_with_its_value_and_source(
    variable: str, value: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "content", ["kafka = [", "[kafka]\ntopiks = 'x'\n", "[kafak]\ntopic = 'x'\n", "topic = 1"]
)
def test_an_invalid_toml_file_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "ade-monitor.toml").write_text(content)
    with pytest.raises(SettingsError, match=r"ade-monitor\.toml"):
        load_settings()


def test_an_unknown_name_in_the_env_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER_PROGRAM=1\nADE_KAFKA__TOPICC=x\n")
    with pytest.raises(SettingsError, match="ADE_KAFKA__TOPIC"):
        load_settings()


def test_a_secret_file_of_an_unknown_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ade_databse__url").write_text("postgresql://h/d")
    (tmp_path / "postgres_password").write_text("for another program")
    monkeypatch.setenv("ADE_SECRETS_DIR", str(tmp_path))
    with pytest.raises(SettingsError, match="ADE_DATABASE__URL"):
        load_settings()


@pytest.mark.parametrize(
    ("value", "languages", "shown"),
    [
        ("en", ("en",), "en"),
        ("es, en-GB", ("en", "es"), "en, es"),
        ('["en", "pt-BR"]', ("en", "pt"), "en, pt"),
        ("*", (), "*"),
        ("[]", (), "*"),
        ("", None, ""),
        (" ", None, ""),
    ],
)
def test_languages_are_tags_with_commas_between_them_or_a_list(
    value: str, languages: tuple[str, ...] | None, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADE_WORKER__LANGUAGES", value)
    loaded = load_settings()
    assert loaded.settings.worker.languages == languages
    assert {row.name: row.value for row in setting_rows(loaded)}["worker.languages"] == shown


def test_languages_may_be_a_list_in_toml_and_are_unset_by_default(tmp_path: Path) -> None:
    assert load_settings().settings.worker.languages is None
    (tmp_path / "ade-monitor.toml").write_text('[worker]\nlanguages = ["en", "de-AT"]\n')
    assert load_settings().settings.worker.languages == ("de", "en")


def test_two_servers_cannot_have_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADE_EMBEDDED__KAFKA_PORT", "7000")
    monkeypatch.setenv("ADE_EMBEDDED__POSTGRES_PORT", "7001")
    assert load_settings().settings.embedded.postgres_port == 7001
    monkeypatch.setenv("ADE_EMBEDDED__VALKEY_PORT", "7000")
    with pytest.raises(SettingsError, match="must differ"):
        load_settings()
