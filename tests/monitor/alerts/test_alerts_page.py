"""The examples in docs/alerts.md run, and do what the page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from jsonschema import Draft202012Validator
from psycopg.types.json import Jsonb
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Mention, TweetPrediction
from monitor.alerts import AlertRules, parse_payload, parse_retraction
from monitor.alerts.redis import trim_alerts
from monitor.effect_reports import reports_of
from monitor.enrich.enriching import Enricher
from monitor.records import Origin, Post, ReceivedPost, ScoredPost
from monitor.schemas import SchemaName, schema_text
from monitor.settings import AlertSettings, EnrichSettings, RedisSettings, Settings
from monitor.store.cases.matching import case_id_of, pair_of
from tests.monitor.alerts.conftest import Fill
from tests.monitor.alerts.payloads import STREAM, add_alerts, payload, retract_alerts
from tests.monitor.alerts.relays import (
    open_relay,
    published,
    retract_in_outbox,
    retracted,
    unpublished,
    wait_until,
)
from tests.monitor.alerts.valkeys import RestartableValkey
from tests.processes import ade_monitor, wait_for

PAGE = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


ALERT, RETRACTION = examples("json")


@pytest.mark.parametrize(("name", "text"), [("alert", ALERT), ("retraction", RETRACTION)])
def test_the_json_examples_have_all_fields_of_their_schema(name: SchemaName, text: str) -> None:
    schema, example = json.loads(schema_text(name)), json.loads(text)
    Draft202012Validator(schema).validate(example)
    assert set(example) == set(schema["properties"])


def test_the_alert_is_what_the_monitor_finds_in_its_text() -> None:
    shown = json.loads(ALERT)
    span = shown["mention"]
    mention = Mention(
        span["start"],
        span["end"],
        span["text"],
        span["score"],
        shown["ptid"],
        shown["pt_name"],
        shown["pt_score"],
    )
    posted_at = datetime.fromisoformat(shown["posted_at"])
    post = Post(
        shown["tweet_id"],
        shown["text"],
        author_id="1",
        created_at=posted_at,
        platform=shown["platform"],
        url=shown["url"],
    )
    row = ScoredPost(
        ReceivedPost(post, Origin("tweets", 0, 0, posted_at)),
        TweetPrediction("ADE", shown["probability"], (mention,)),
    )
    [report] = reports_of(Enricher(EnrichSettings()).enrich([row]))
    report = replace(report, case_id=case_id_of(post.id, pair_of(report)))
    rules = AlertRules(bundle=shown["bundle"], min_probability=0.0)
    decisions = rules.decide([report], detected_at=datetime.fromisoformat(shown["detected_at"]))
    [alert] = decisions.alerts(frozenset())
    of_rules = {
        name: shown[name]
        for name in (
            "listedness",
            "listed_sentence",
            "rules",
            "tags",
            "severity",
            "routes",
            "delivery",
            "quiet_hours",
        )
    }
    assert {**alert.payload, **of_rules} == shown


def test_every_field_and_setting_is_explained() -> None:
    for name in parse_payload(ALERT).model_dump():
        assert f"`{name}`" in PAGE or f"`{name}." in PAGE
    assert parse_retraction(RETRACTION).reason == "deleted"
    for name in AlertSettings.model_fields:
        assert f"`ADE_ALERTS__{name.upper()}`" in PAGE


def test_the_python_example_selects_the_span() -> None:
    names: dict[str, Any] = {"alert": json.loads(ALERT)}
    exec(examples("python")[0], names)
    assert names["span"] == names["alert"]["mention"]["text"]


@pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")
def test_the_javascript_example_selects_the_span() -> None:
    code = f"const alert = {ALERT};\n{examples('js')[0]}\nprocess.stdout.write(span);"
    ended = subprocess.run(["node", "-e", code], capture_output=True, timeout=60, check=True)
    assert ended.stdout.decode() == json.loads(ALERT)["mention"]["text"]


def test_the_sql_examples_select_the_span_and_publish_again(
    migrated: Settings, outbox: psycopg.Connection[Any]
) -> None:
    alert = json.loads(ALERT)
    outbox.execute(
        "INSERT INTO alert_outbox (alert_id, tweet_id, payload, published_at) VALUES (%s, %s, %s, now())",
        [alert["alert_id"], alert["tweet_id"], Jsonb(alert)],
    )
    span, again, retract_again = examples("sql")
    assert outbox.execute(span.encode()).fetchall() == [(alert["mention"]["text"],)]
    assert unpublished(outbox) == 0
    outbox.execute(again.encode())
    assert unpublished(outbox) == 1
    retract_in_outbox(outbox, alert["alert_id"])
    outbox.execute("UPDATE alert_outbox SET published_at = now()")
    outbox.execute(retract_again.encode())
    assert unpublished(outbox) == 1


def test_the_python_reader_stores_and_deletes(redis_url: str, client: redis.Redis, tmp_path: Path) -> None:
    code = examples("python")[1].replace("redis://localhost:6379/0", redis_url)
    log = tmp_path / "output"
    with (
        log.open("wb") as output,
        subprocess.Popen([sys.executable, "-u", "-c", code], stdout=output) as reader,
    ):
        try:
            wait_for(lambda: bool(client.exists(STREAM)))
            add_alerts(client, [1, 2])
            wait_for(lambda: log.read_text().count("store") == 2)
            retract_alerts(client, [1])
            wait_for(lambda: f"delete {1:032x}" in log.read_text())
            wait_for(lambda: client.xpending(STREAM, "my-service")["pending"] == 0)  # type: ignore[index]
        finally:
            reader.kill()


def test_the_commands_of_redis_answer(redis_url: str, client: redis.Redis) -> None:
    settings = Settings(redis=RedisSettings(url=SecretStr(redis_url)))
    add_alerts(client, [1, 2])
    for line in examples("sh")[1].splitlines():
        command = line.partition("#")[0].replace("'$'", "$").split()
        assert command[:3] == ["ade-monitor", "redis", "shell"]
        if "BLOCK" in command or "SUBSCRIBE" in command:
            continue  # they wait for what comes next
        assert ade_monitor(settings, *command[1:]).returncode == 0


async def test_the_documented_rights_are_enough(
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    valkey: RestartableValkey,
) -> None:
    def as_user(user: str) -> Settings:
        url = f"redis://ade-{user}:{user}-password@127.0.0.1:{valkey.port}/0"
        return migrated.model_copy(update={"redis": RedisSettings(url=SecretStr(url))})

    ids = fill(3)
    with valkey.client() as client:
        for line in re.findall("^ACL .*", PAGE, re.MULTILINE):
            client.execute_command(*line.split())
        async with open_relay(as_user("worker"), engine) as relay:
            await relay.publish_pending()
            # As an older version remembers an alert: the script then needs more commands.
            client.set(f"{STREAM}:seen:{ids[1]}", "1", ex=migrated.alerts.seen_ttl)
            outbox.execute("UPDATE alert_outbox SET entry_id = NULL WHERE alert_id = %s", [ids[1]])
            retract_in_outbox(outbox, ids[0])
            retract_in_outbox(outbox, ids[1])
            await relay.publish_pending()
            await relay._publisher.purge()
        assert await trim_alerts(as_user("worker"), datetime(2020, 1, 1, tzinfo=UTC)) == 0
        assert (published(client), retracted(client)) == ([ids[2]], ids[:2])
        await wait_until(lambda: client.exists(f"{STREAM}:unpurged") == 0)
    for options in ([], ["--group", "g"]):
        ended = ade_monitor(
            as_user("reader"), "alerts", "follow", "--json", "--from-start", "--count", "1", *options
        )
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout.splitlines()[0]) == payload(2)
