"""`ade-monitor alerts follow`, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from monitor.settings import RedisSettings, Settings
from tests.monitor.alerts.payloads import (
    STREAM,
    add_alerts,
    payload,
    pending_alerts,
    retract_alerts,
    retraction,
)
from tests.monitor.alerts.valkeys import RestartableValkey
from tests.processes import RunningCommand, ade_monitor, child_environment, running, wait_for

FOLLOW = ("alerts", "follow")
GROUP = (*FOLLOW, "--group", "g", "--json")
SERTRALINE = {"name": "sertraline", "atc": "N06AB06", "text": "Zoloft", "score": 0.9, "place": "post"}
COMMAND = [sys.executable, "-m", "monitor.cli", *FOLLOW, "--group", "g", "--from-start"]


@pytest.fixture
def redis_settings(redis_url: str) -> Settings:
    return Settings(redis=RedisSettings(url=SecretStr(redis_url)))


def numbers_in(output: str) -> list[int]:
    return [int(json.loads(line)["alert_id"], 16) for line in output.splitlines() if line.startswith("{")]


def is_waiting(client: redis.Redis, readers: int = 1) -> bool:
    """Return True if this many readers wait for alerts."""
    return int(client.info("clients")["blocked_clients"]) == readers  # type: ignore[index]


def outages_reported(reader: RunningCommand) -> int:
    return reader.output().count("Waiting")


def test_a_group_continues_where_it_stopped(redis_settings: Settings, client: redis.Redis) -> None:
    add_alerts(client, range(5))
    first = ade_monitor(redis_settings, *GROUP, "--from-start", "--count", "3")
    assert (first.returncode, numbers_in(first.stdout)) == (0, [0, 1, 2])
    assert json.loads(first.stdout.splitlines()[0]) == payload(0)
    second = ade_monitor(redis_settings, *GROUP, "--count", "2")
    assert (second.returncode, numbers_in(second.stdout)) == (0, [3, 4])
    assert pending_alerts(client) == 0


def test_alerts_that_are_filtered_out_are_acknowledged(redis_settings: Settings, client: redis.Redis) -> None:
    add_alerts(client, [1], drug=SERTRALINE)
    add_alerts(client, [2], drug=SERTRALINE | {"name": "fluoxetine"})
    add_alerts(client, [3], drug=SERTRALINE, ptid="10037844", pt_name="Rash")
    add_alerts(client, [4], drug=SERTRALINE)
    options = ("--drug", "Lustral", "--pt", "tremor", "--from-start", "--count", "2")
    ended = ade_monitor(redis_settings, *GROUP, *options)
    assert numbers_in(ended.stdout) == [1, 4]
    assert pending_alerts(client) == 0


def test_entries_that_are_not_alerts_are_reported_skipped_and_acknowledged(
    redis_settings: Settings, client: redis.Redis
) -> None:
    for fields in (
        {"other": "1"},
        {"alert": "{"},
        {"alert": "[]"},
        {"alert": '{"alert_id": "1"}'},
        {"retracted": "{}"},
    ):
        client.xadd(STREAM, fields)  # type: ignore[arg-type]
    add_alerts(client, [7])
    ended = ade_monitor(redis_settings, *GROUP, "--from-start", "--count", "1")
    assert numbers_in(ended.stdout) == [7]
    assert ended.stderr.count("is not an alert") == 5
    assert pending_alerts(client) == 0


def test_a_retraction_is_shown_as_it_was_published_and_does_not_count(
    redis_settings: Settings, client: redis.Redis
) -> None:
    add_alerts(client, [1, 2])
    retract_alerts(client, [1])
    add_alerts(client, [3])
    ended = ade_monitor(redis_settings, *GROUP, "--from-start", "--count", "2")
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        payload(2),
        retraction(1),
        payload(3),
    ]
    assert pending_alerts(client) == 0


def test_a_retraction_is_one_line_of_text(redis_settings: Settings, client: redis.Redis) -> None:
    retract_alerts(client, [1])
    add_alerts(client, [2])
    ended = ade_monitor(redis_settings, *FOLLOW, "--from-start", "--count", "1")
    line = ended.stdout.splitlines()[0]
    assert line == f"2026-07-01 13:00:00Z  retracted: alert {1:032x} (deleted)"


def test_a_retraction_of_an_alert_that_was_filtered_out_is_hidden(
    redis_settings: Settings, client: redis.Redis
) -> None:
    add_alerts(client, [1])
    client.xadd(STREAM, {"alert_id": f"{1:032x}", "retracted": json.dumps(retraction(1))})
    client.xadd(STREAM, {"alert_id": f"{2:032x}", "retracted": json.dumps(retraction(2))})
    replaced = {"alert_id": f"{3:032x}", "alert": json.dumps(payload(3)), "replaces": "1-0"}
    client.xadd(STREAM, replaced)  # type: ignore[arg-type]
    add_alerts(client, [4], drug=SERTRALINE)
    ended = ade_monitor(redis_settings, *GROUP, "--drug", "zoloft", "--from-start", "--count", "1")
    shown = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(item["alert_id"][-1], item.get("reason")) for item in shown] == [
        ("2", "deleted"),
        ("3", "edited"),
        ("4", None),
    ]
    assert pending_alerts(client) == 0


def test_an_alert_is_one_line_of_text(redis_settings: Settings, client: redis.Redis) -> None:
    add_alerts(client, [1], text="day 3 on zoloft\nand i can't stop shaking \x1b[2J now")
    [line] = ade_monitor(redis_settings, *FOLLOW, "--from-start", "--count", "1").stdout.splitlines()
    assert all(word in line for word in ("2026-07-01 12:00:00Z", "Tremor", "93%", "zoloft and i"))
    assert "\x1b" not in line


def test_a_reader_without_a_group_shows_new_alerts_only(
    redis_settings: Settings, client: redis.Redis, tmp_path: Path
) -> None:
    add_alerts(client, [1])
    with running(redis_settings, tmp_path, *FOLLOW, "--json") as tail:
        wait_for(lambda: is_waiting(client), watching=tail)
        add_alerts(client, [2])
        wait_for(lambda: numbers_in(tail.output()) == [2], watching=tail)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_reader_ends_quietly_and_the_next_one_continues(
    number: signal.Signals, redis_settings: Settings, client: redis.Redis, tmp_path: Path
) -> None:
    with running(redis_settings, tmp_path, *GROUP) as reader:
        wait_for(lambda: is_waiting(client), watching=reader)
        add_alerts(client, [1])
        wait_for(lambda: numbers_in(reader.output()) == [1], watching=reader)
        reader.process.send_signal(number)
        assert reader.process.wait(30) == 128 + number
        assert "Traceback" not in reader.output()
        assert "Abort" not in reader.output()
    add_alerts(client, [2])
    assert numbers_in(ade_monitor(redis_settings, *GROUP, "--count", "1").stdout) == [2]


def test_a_broken_pipe_loses_no_alert(redis_settings: Settings, client: redis.Redis) -> None:
    add_alerts(client, range(5))
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        COMMAND,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=child_environment(redis_settings),
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert ended.returncode != 0
    assert b"Traceback" not in ended.stderr
    assert pending_alerts(client) == 5
    rest = ade_monitor(redis_settings, *GROUP, "--count", "5")
    assert numbers_in(rest.stdout) == list(range(5))


def test_a_killed_reader_loses_no_alert(redis_settings: Settings, client: redis.Redis) -> None:
    total = 400  # alerts; many times what a pipe can contain
    add_alerts(client, range(total))
    reader = subprocess.Popen(
        [*COMMAND, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(redis_settings),
    )
    assert reader.stdout
    assert reader.stderr
    output = b"".join(reader.stdout.readline() for _ in range(40))
    reader.kill()
    output += reader.stdout.read()
    reader.wait()
    reader.stdout.close()
    reader.stderr.close()
    whole_lines = numbers_in(output.decode().rpartition("\n")[0])
    group = client.xinfo_groups(STREAM)[0]  # type: ignore[index]
    left = int(group["pending"]) + int(group["lag"])
    assert 0 < left < total
    rest = ade_monitor(redis_settings, *GROUP, "--claim-after", "0.001", "--count", str(left))
    assert sorted({*whole_lines, *numbers_in(rest.stdout)}) == list(range(total))


def test_outages_of_redis_lose_and_repeat_no_alert(valkey: RestartableValkey, tmp_path: Path) -> None:
    valkey.stop()
    with running(valkey.settings(Settings()), tmp_path, *GROUP) as reader:
        wait_for(lambda: outages_reported(reader) == 1, watching=reader)
        for outage in range(2):
            valkey.start()
            with valkey.client() as client:
                wait_for(lambda: is_waiting(client), watching=reader)
                add_alerts(client, [2 * outage, 2 * outage + 1])
                expected = list(range(2 * outage + 2))
                wait_for(lambda: numbers_in(reader.output()) == expected, watching=reader)  # noqa: B023
                wait_for(lambda: pending_alerts(client) == 0, watching=reader)
            valkey.stop()
            wait_for(lambda: outages_reported(reader) == outage + 2, watching=reader)  # noqa: B023
    assert numbers_in(reader.output()) == [0, 1, 2, 3]
    assert reader.output().count("is back.") == 2


def test_a_wrong_password_is_reported_without_the_password(redis_settings: Settings) -> None:
    address = redis_settings.redis.url.get_secret_value().rpartition("@")[2]
    wrong = Settings(redis=RedisSettings(url=SecretStr(f"redis://:open-sesame@{address}")))
    ended = ade_monitor(wrong, *FOLLOW)
    assert ended.returncode == 1
    assert "ADE_REDIS__URL" in ended.stderr
    assert not {"Traceback", "open-sesame"} & set(ended.stderr.split())


def test_an_unescaped_password_is_reported_without_any_part_of_it(redis_settings: Settings) -> None:
    unescaped = Settings(redis=RedisSettings(url=SecretStr("redis://:open/sesame@127.0.0.1:6379/0")))
    ended = ade_monitor(unescaped, *FOLLOW)
    assert ended.returncode == 1
    assert "ADE_REDIS__URL" in ended.stderr
    assert "open" not in ended.stderr
    assert "sesame" not in ended.stderr


@pytest.mark.parametrize("option", ["--group", "--consumer", "--drug", "--pt"])
def test_an_empty_option_is_refused(redis_settings: Settings, option: str) -> None:
    ended = ade_monitor(redis_settings, *FOLLOW, option, " ")
    assert ended.returncode == 2
    assert option in ended.stderr


def test_the_name_of_a_reader_needs_a_group(redis_settings: Settings) -> None:
    ended = ade_monitor(redis_settings, *FOLLOW, "--consumer", "me")
    assert ended.returncode == 1
    assert "--group" in ended.stderr
