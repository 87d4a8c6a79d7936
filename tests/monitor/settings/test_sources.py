"""Settings: the order of their sources, and the messages for invalid ones."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from models import ServingOptions
from models.options import NormalizerChoice, PrecisionChoice
from monitor.errors import SettingsError
from monitor.settings import load_settings


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
        ("ADE_MODEL__DEVICE", "tpu", "model.device"),
        ("ADE_MODEL__NORMALIZER", "both", "model.normalizer"),
        ("ADE_MODEL__PRECISION", "fp8", "model.precision"),
        ("ADE_MODEL__CACHE", "-1", "model.cache"),
        ("ADE_CONFIG", "/nowhere/ade.toml", "/nowhere/ade.toml"),
        ("ADE_SECRETS_DIR", "/nowhere/secrets", "/nowhere/secrets"),
        ("ADE_KAFKA__HEARTBEAT_INTERVAL", "20", "kafka.session_timeout"),
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
