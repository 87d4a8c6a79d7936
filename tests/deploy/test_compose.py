"""Everything that the compose file and the Dockerfile refer to exists: commands, settings, secrets, paths.

These tests need no container engine. They cannot show that the images behave as documented.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.embedded.postgres import OPTIONS
from monitor.notify.notifier import LONGEST_STOP
from monitor.settings import Settings, load_settings
from monitor.settings.sources import CONFIG_VARIABLE, SECRETS_VARIABLE, LoadedSettings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MONITOR_SERVICES = [name for name, service in SERVICES.items() if service["image"].startswith("ade-monitor")]
SECONDS = {"s": 1, "m": 60}
BYTES = {"m": 2**20, "g": 2**30}


def instructions(name: str) -> list[str]:
    """Return the arguments of each instruction with this name, with continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def seconds(duration: str) -> int:
    return int(duration[:-1]) * SECONDS[duration[-1]]


def ade_settings(service: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in service.get("environment", {}).items() if name.startswith("ADE_")}


@pytest.fixture(scope="module")
def secret_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `deploy/make-secrets` writes."""
    folder = tmp_path_factory.mktemp("made") / "secrets"
    subprocess.run(["sh", ROOT / "deploy/make-secrets", folder], check=True, capture_output=True)
    return folder


def secrets_in_container(service: dict[str, Any], secret_files: Path, folder: Path) -> Path:
    """Copy the service's secrets to `folder`, with the names that they have in /run/secrets."""
    for secret in service.get("secrets", []):
        source, target = (secret, secret) if isinstance(secret, str) else (secret["source"], secret["target"])
        shutil.copy(secret_files / Path(COMPOSE["secrets"][source]["file"]).name, folder / target)
    return folder


def loaded(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, secrets: Path) -> LoadedSettings:
    for name, value in ade_settings(service).items():
        monkeypatch.setenv(name, str(secrets) if name == SECRETS_VARIABLE else value)
    monkeypatch.chdir(secrets)
    return load_settings()


def test_the_monitor_runs_as_a_worker_and_two_jobs_and_notifies_on_request() -> None:
    assert sorted(MONITOR_SERVICES) == ["migrate", "notify", "topics", "worker"]
    assert [name for name in SERVICES if SERVICES[name].get("profiles")] == ["notify"]


@pytest.mark.parametrize("name", MONITOR_SERVICES)
def test_every_command_exists(name: str) -> None:
    words = SERVICES[name]["command"]
    command: Any = get_command(app)
    for word in words:
        command = command.commands[word]
    assert not hasattr(command, "commands")
    assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def test_the_image_starts_the_installed_command_by_default() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [entrypoint] = instructions("ENTRYPOINT")
    assert yaml.safe_load(entrypoint)[0] in project["scripts"]
    [command] = instructions("CMD")
    assert yaml.safe_load(command) == SERVICES["worker"]["command"]
    assert all(SERVICES[name]["image"] == f"ade-monitor:{project['version']}" for name in MONITOR_SERVICES)


def test_the_image_installs_extras_that_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = re.findall(r"'\.\[([a-z,-]+)\]'", DOCKERFILE)
    assert extras
    assert set(",".join(extras).split(",")) <= set(project["optional-dependencies"])


@pytest.mark.parametrize("name", MONITOR_SERVICES)
def test_settings_and_secrets_of_a_container_load(
    name: str, secret_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SERVICES[name]
    effective = loaded(service, monkeypatch, secrets_in_container(service, secret_files, tmp_path))
    for secret in service.get("secrets", []):
        setting = secret.removeprefix("ade_").replace("__", ".")
        assert "secret file" in effective.origins[setting]
    for variable in ade_settings(service).keys() - {SECRETS_VARIABLE}:
        setting = variable.lower().removeprefix("ade_").replace("__", ".")
        assert effective.origins[setting] == "environment"
    [inside] = [address for address in advertised() if address.startswith("INSIDE://")]
    assert effective.settings.kafka.bootstrap_servers == inside.removeprefix("INSIDE://")


def test_the_secrets_of_the_worker_match_those_of_the_servers(
    secret_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = SERVICES["worker"]
    settings = loaded(worker, monkeypatch, secrets_in_container(worker, secret_files, tmp_path)).settings
    server = SERVICES["postgres"]["environment"]
    password = (secret_files / "postgres_password").read_text()
    assert settings.database.url.get_secret_value() == (
        f"postgresql://{server['POSTGRES_USER']}:{password}@postgres:5432/{server['POSTGRES_DB']}"
    )
    password = (secret_files / "valkey.conf").read_text().split()[1]
    assert settings.redis.url.get_secret_value() == f"redis://:{password}@valkey:6379/0"
    assert settings.privacy.author_key
    assert len(settings.privacy.author_key.get_secret_value()) >= 32


def test_a_container_gets_only_the_secrets_that_it_needs() -> None:
    assert SERVICES["migrate"]["secrets"] == ["ade_database__url"]
    assert SERVICES["notify"]["secrets"] == ["ade_redis__url"]
    assert "secrets" not in SERVICES["topics"]
    for name in MONITOR_SERVICES:
        assert (SECRETS_VARIABLE in ade_settings(SERVICES[name])) == bool(SERVICES[name].get("secrets"))
        assert CONFIG_VARIABLE not in ade_settings(SERVICES[name])


def test_every_secret_is_a_file_that_make_secrets_writes_and_a_service_uses(secret_files: Path) -> None:
    files = {name: Path(secret["file"]) for name, secret in COMPOSE["secrets"].items()}
    assert {path.name for path in files.values()} == {path.name for path in secret_files.iterdir()}
    assert {path.parent for path in files.values()} == {Path("deploy/secrets")}
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in SERVICES.values()
        for secret in service.get("secrets", [])
    }
    assert used == set(files)


def test_secrets_are_created_once_and_private(secret_files: Path) -> None:
    before = {path.name: path.read_bytes() for path in secret_files.iterdir()}
    subprocess.run(["sh", ROOT / "deploy/make-secrets", secret_files], check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in secret_files.iterdir()} == before
    assert len(set(before.values())) == len(before)
    assert secret_files.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secret_files.iterdir()} == {0o644}


def test_secrets_are_in_neither_git_nor_the_image() -> None:
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    included = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert included[1] == "*"
    assert not [line for line in included if line.startswith("!") and line[1:] not in copied_into_the_image()]


def copied_into_the_image() -> set[str]:
    return {
        source for copy in instructions("COPY") if "--from=" not in copy for source in shlex.split(copy)[:-1]
    }


def test_every_path_of_the_build_exists_and_is_not_ignored() -> None:
    included = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line[:1] == "!"
    }
    assert copied_into_the_image() == included
    assert all((ROOT / path).exists() for path in included)
    for name in MONITOR_SERVICES:
        build = SERVICES[name]["build"]
        assert (ROOT / build["context"] / build["dockerfile"]).is_file()
        assert set(build["args"]) == {arg.partition("=")[0] for arg in instructions("ARG")}


def test_every_port_is_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert not any("network_mode" in service for service in SERVICES.values())


def advertised() -> list[str]:
    return str(SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]).split(",")


def test_kafka_advertises_its_published_port_to_the_host_and_another_to_containers() -> None:
    kafka = SERVICES["kafka"]
    published, _, inner = kafka["ports"][0].rpartition(":")
    environment = kafka["environment"]
    assert set(advertised()) == {"INSIDE://kafka:19092", f"HOST://{published}"}
    assert f"HOST://:{inner}" in environment["KAFKA_LISTENERS"].split(",")
    assert kafka["hostname"] == "kafka"
    assert f"@{kafka['hostname']}:9093" in environment["KAFKA_CONTROLLER_QUORUM_VOTERS"]
    mapped = {pair.split(":")[0] for pair in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert mapped == {listener.split("://")[0] for listener in environment["KAFKA_LISTENERS"].split(",")}
    default = Settings().kafka.bootstrap_servers.rpartition(":")[2]
    assert published.endswith(f":-{default}}}")


@pytest.mark.parametrize("name", ["kafka", "postgres", "valkey"])
def test_servers_have_a_health_check_and_keep_their_data(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    [volume] = service["volumes"]
    assert volume.partition(":")[0] in COMPOSE["volumes"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["worker", "notify"])
def test_the_monitor_is_asked_at_its_port_whether_it_is_ready(
    name: str, secret_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SERVICES[name]
    settings = loaded(service, monkeypatch, secrets_in_container(service, secret_files, tmp_path)).settings
    url = f"http://{settings.monitoring.host}:{settings.monitoring.port}/ready"
    assert url in service["healthcheck"]["test"][-1]


def test_notify_reads_its_rules_in_a_folder_of_this_machine_and_has_time_to_stop() -> None:
    notify = SERVICES["notify"]
    [volume] = notify["volumes"]
    assert volume.endswith(":/etc/ade-monitor:ro")
    assert Path(notify["environment"]["ADE_ALERTS__RULES"]).parent == Path("/etc/ade-monitor")
    assert seconds(notify["stop_grace_period"]) > LONGEST_STOP


def test_kafka_writes_to_its_volume() -> None:
    [volume] = SERVICES["kafka"]["volumes"]
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] == volume.partition(":")[2]


def test_redis_keeps_every_alert() -> None:
    command = SERVICES["valkey"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert command[command.index("--appendonly") + 1] == "yes"


def test_redis_frees_the_memory_of_a_retracted_alert() -> None:
    command = SERVICES["valkey"]["command"]
    assert command[command.index("--stream-node-max-entries") + 1] == "1"


def test_postgres_does_not_use_old_log_files_again() -> None:
    assert "wal_recycle=off" in SERVICES["postgres"]["command"]


def test_the_image_reads_all_formats_and_live_platforms() -> None:
    assert "sources" in re.findall(r"[a-z-]+", "".join(re.findall(r"'\.\[[a-z,-]+\]'", DOCKERFILE)))


@pytest.mark.parametrize("name", MONITOR_SERVICES)
def test_a_service_starts_after_what_it_needs(name: str) -> None:
    for dependency, condition in SERVICES[name]["depends_on"].items():
        service = SERVICES[dependency]
        expected = {
            "service_healthy": "healthcheck" in service,
            "service_completed_successfully": service["restart"] == "no",
            "service_started": True,
        }
        assert expected[condition["condition"]]


def test_the_worker_waits_for_both_jobs() -> None:
    needed = SERVICES["worker"]["depends_on"]
    assert {needed[job]["condition"] for job in ("topics", "migrate")} == {"service_completed_successfully"}


def test_the_worker_has_enough_time_to_shut_down(
    secret_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = SERVICES["worker"]
    settings = loaded(worker, monkeypatch, secrets_in_container(worker, secret_files, tmp_path)).settings
    assert seconds(worker["stop_grace_period"]) > settings.worker.shutdown_timeout


def test_every_service_has_a_memory_limit() -> None:
    limits = {name: int(s["mem_limit"][:-1]) * BYTES[s["mem_limit"][-1]] for name, s in SERVICES.items()}
    assert sum(limits.values()) <= 8 * 2**30
    command = SERVICES["valkey"]["command"]
    assert int(command[command.index("--maxmemory") + 1].removesuffix("mb")) * 2**20 * 2 <= limits["valkey"]


def test_the_database_logs_no_tweets() -> None:
    command = SERVICES["postgres"]["command"]
    for option in ("log_error_verbosity", "log_min_error_statement"):
        assert f"{option}={OPTIONS[option]}" in command


@pytest.mark.parametrize("name", MONITOR_SERVICES)
def test_the_monitor_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert instructions("USER") == ["10001"]
