"""`ade-monitor alerts follow`, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from monitor.settings import RedisSettings, Settings
from tests.monitor.alerts.payloads import payload
from tests.monitor.alerts.valkeys import RestartableValkey
from tests.processes import RunningCommand, ade_monitor, child_environment, running, wait_for

STREAM = "ade:alerts"
FOLLOW = ("alerts", "follow")


@pytest.fixture
def told(redis_url: str) -> Settings:
    return Settings(redis=RedisSettings(url=SecretStr(redis_url)))


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


def add(client: redis.Redis, *numbers: int, **other: Any) -> None:
    for number in numbers:
        one = payload(number, **other)
        client.xadd(STREAM, {"alert_id": one["alert_id"], "alert": json.dumps(one)})


def numbers(output: str) -> list[int]:
    return [int(json.loads(line)["alert_id"], 16) for line in output.splitlines() if line.startswith("{")]


def pending(client: redis.Redis) -> int:
    return int(client.xpending(STREAM, "g")["pending"])  # type: ignore[index]


def connected(client: redis.Redis, readers: int = 1) -> bool:
    """Tell whether so many readers wait for alerts."""
    return int(client.info("clients")["blocked_clients"]) == readers  # type: ignore[index]


def test_a_group_is_read_in_pieces_and_whole(told: Settings, client: redis.Redis) -> None:
    add(client, *range(5))
    options = ("--group", "g", "--json")
    first = ade_monitor(told, *FOLLOW, *options, "--from-start", "--count", "3")
    assert (first.returncode, numbers(first.stdout)) == (0, [0, 1, 2])
    assert json.loads(first.stdout.splitlines()[0]) == payload(0)
    second = ade_monitor(told, *FOLLOW, *options, "--count", "2")
    assert (second.returncode, numbers(second.stdout)) == (0, [3, 4])
    assert pending(client) == 0


def test_filters_let_through_what_was_asked_and_the_rest_is_done_with(
    told: Settings, client: redis.Redis
) -> None:
    add(client, 1)
    add(client, 2, text="prozac, and i can't stop shaking at all")
    add(client, 3, ptid="10037844", pt_name="Rash")
    add(client, 4)
    options = ("--drug", "zoloft", "--pt", "tremor", "--from-start", "--count", "2", "--json")
    ended = ade_monitor(told, *FOLLOW, "--group", "g", *options)
    assert numbers(ended.stdout) == [1, 4]
    assert pending(client) == 0


def test_what_is_no_alert_is_named_skipped_and_done_with(told: Settings, client: redis.Redis) -> None:
    for fields in ({"other": "1"}, {"alert": "{"}, {"alert": "[]"}, {"alert": '{"alert_id": "1"}'}):
        client.xadd(STREAM, fields)  # type: ignore[arg-type]
    add(client, 7)
    ended = ade_monitor(told, *FOLLOW, "--group", "g", "--from-start", "--count", "1", "--json")
    assert numbers(ended.stdout) == [7]
    assert ended.stderr.count("is not an alert") == 4
    assert pending(client) == 0


def test_a_person_reads_one_line_for_each_alert(told: Settings, client: redis.Redis) -> None:
    add(client, 1, text="day 3 on zoloft\nand i can't stop shaking \x1b[2J now")
    [line] = ade_monitor(told, *FOLLOW, "--from-start", "--count", "1").stdout.splitlines()
    assert all(word in line for word in ("2026-07-01 12:00:00Z", "Tremor", "93%", "zoloft and i"))
    assert "\x1b" not in line


def test_a_tail_shows_only_what_comes(told: Settings, client: redis.Redis, tmp_path: Path) -> None:
    add(client, 1)
    with running(told, tmp_path, *FOLLOW, "--json") as tail:
        wait_for(lambda: connected(client), watching=tail)
        add(client, 2)
        wait_for(lambda: numbers(tail.output()) == [2], watching=tail)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_reader_ends_quietly_and_the_next_goes_on(
    how: signal.Signals, told: Settings, client: redis.Redis, tmp_path: Path
) -> None:
    with running(told, tmp_path, *FOLLOW, "--group", "g", "--json") as reader:
        wait_for(lambda: connected(client), watching=reader)
        add(client, 1)
        wait_for(lambda: numbers(reader.output()) == [1], watching=reader)
        reader.process.send_signal(how)
        assert reader.process.wait(30) == 128 + how
        assert "Traceback" not in reader.output()
        assert "Abort" not in reader.output()
    add(client, 2)
    assert numbers(ade_monitor(told, *FOLLOW, "--group", "g", "--json", "--count", "1").stdout) == [2]


def test_a_broken_pipe_loses_nothing(told: Settings, client: redis.Redis) -> None:
    add(client, *range(5))
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "monitor.cli", *FOLLOW, "--group", "g", "--from-start"]
    ended = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, env=child_environment(told), timeout=60, check=False
    )
    os.close(writing)
    assert ended.returncode != 0
    assert b"Traceback" not in ended.stderr
    assert pending(client) == 5
    rest = ade_monitor(told, *FOLLOW, "--group", "g", "--json", "--count", "5")
    assert numbers(rest.stdout) == list(range(5))


def test_a_killed_reader_loses_nothing(told: Settings, client: redis.Redis) -> None:
    total = 400  # alerts; many times what a pipe holds
    add(client, *range(total))
    command = [sys.executable, "-m", "monitor.cli", *FOLLOW, "--group", "g", "--from-start", "--json"]
    reader = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment(told)
    )
    assert reader.stdout
    assert reader.stderr
    written = b"".join(reader.stdout.readline() for _ in range(40))
    reader.kill()
    written += reader.stdout.read()
    reader.wait()
    reader.stdout.close()
    reader.stderr.close()
    whole = numbers(written.decode().rpartition("\n")[0])
    group = client.xinfo_groups(STREAM)[0]  # type: ignore[index]
    left = int(group["pending"]) + int(group["lag"])
    assert 0 < left < total
    options = ("--group", "g", "--json", "--claim-after", "0.001", "--count", str(left))
    rest = numbers(ade_monitor(told, *FOLLOW, *options).stdout)
    assert sorted({*whole, *rest}) == list(range(total))


def test_a_redis_that_comes_late_and_goes_and_comes_loses_and_doubles_nothing(
    valkey: RestartableValkey, tmp_path: Path
) -> None:
    valkey.stop()
    told = valkey.of(Settings())
    with running(told, tmp_path, *FOLLOW, "--group", "g", "--json") as reader:
        wait_for(lambda: "Waiting" in reader.output(), watching=reader)
        for round_ in range(2):
            valkey.start()
            with valkey.client() as client:
                wait_for(lambda: connected(client), watching=reader)
                add(client, 2 * round_, 2 * round_ + 1)
                expected = list(range(2 * round_ + 2))
                wait_for(lambda: numbers(reader.output()) == expected, watching=reader)  # noqa: B023
                wait_for(lambda: pending(client) == 0, watching=reader)
            valkey.stop()
            wait_for(lambda: waits(reader) == round_ + 2, watching=reader)  # noqa: B023
    assert numbers(reader.output()) == [0, 1, 2, 3]


def waits(reader: RunningCommand) -> int:
    return reader.output().count("Waiting")


def test_a_wrong_password_ends_with_a_message(told: Settings) -> None:
    address = told.redis.url.get_secret_value().rpartition("@")[2]
    wrong = Settings(redis=RedisSettings(url=SecretStr(f"redis://:open-sesame@{address}")))
    ended = ade_monitor(wrong, *FOLLOW)
    assert ended.returncode == 1
    assert "ADE_REDIS__URL" in ended.stderr
    assert not {"Traceback", "open-sesame"} & set(ended.stderr.split())


@pytest.mark.parametrize("option", ["--group", "--consumer", "--drug", "--pt"])
def test_an_empty_option_is_refused_and_does_not_mean_everything(told: Settings, option: str) -> None:
    ended = ade_monitor(told, *FOLLOW, option, " ")
    assert ended.returncode == 2
    assert option in ended.stderr


def test_a_torn_url_shows_nothing_of_its_password(told: Settings) -> None:
    torn = Settings(redis=RedisSettings(url=SecretStr("redis://:open/sesame@127.0.0.1:6379/0")))
    ended = ade_monitor(torn, *FOLLOW)
    assert ended.returncode == 1
    assert "ADE_REDIS__URL" in ended.stderr
    assert "open" not in ended.stderr
    assert "sesame" not in ended.stderr


def test_a_reader_needs_a_group_to_have_a_name_in(told: Settings) -> None:
    ended = ade_monitor(told, *FOLLOW, "--consumer", "me")
    assert ended.returncode == 1
    assert "--group" in ended.stderr
