"""The script that publishes, replaces and retracts an alert, and what it remembers."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr

from monitor.alerts import AlertRevision, PublishResult
from monitor.alerts.redis import RedisPublisher
from monitor.alerts.redis.publishing import seen_key
from monitor.settings import RedisSettings, Settings
from tests.monitor.alerts.payloads import STREAM, add_alerts, payload
from tests.monitor.alerts.payloads import retraction as retraction_payload
from tests.monitor.alerts.relays import wait_until, with_alerts
from tests.monitor.alerts.valkeys import RestartableValkey

ALERT = payload()["alert_id"]

Entry = tuple[str, dict[str, str]]


@pytest.fixture
async def publisher(redis_url: str) -> AsyncIterator[RedisPublisher]:
    made = RedisPublisher(Settings(redis=RedisSettings(url=SecretStr(redis_url))))
    yield made
    await made.close()


def alert(number: int = 1, *, entry_id: str | None = None, **other: Any) -> AlertRevision:
    return AlertRevision(ALERT, number, payload(**other), entry_id=entry_id)


def retraction(number: int, *, entry_id: str | None = None) -> AlertRevision:
    return AlertRevision(ALERT, number, retraction_payload(), retracts=True, entry_id=entry_id)


def entries(client: redis.Redis) -> list[Entry]:
    return client.xrange(STREAM)  # type: ignore[return-value]


def kinds(client: redis.Redis) -> list[str]:
    """Return what the entries of the stream are, in their order."""
    return ["retracted" if "retracted" in fields else "alert" for _, fields in entries(client)]


async def publish(publisher: RedisPublisher, *revisions: AlertRevision) -> PublishResult:
    """Publish, check that nothing was refused, and return the result."""
    result = await publisher.publish(revisions)
    assert result.error is None
    return result


async def test_a_retraction_removes_the_alert_and_adds_an_entry(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    published = await publish(publisher, alert())
    assert published.stored == {ALERT: entries(client)[0][0]}
    retracted = await publish(publisher, retraction(2))
    [(_, fields)] = entries(client)
    assert fields.keys() == {"alert_id", "retracted"}
    assert fields["alert_id"] == ALERT
    assert json.loads(fields["retracted"]) == retraction(2).payload
    assert retracted.stored == {ALERT: None}


async def test_an_edit_replaces_the_alert_and_names_the_old_entry(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    await publish(publisher, alert())
    [(old, _)] = entries(client)
    result = await publish(publisher, alert(2, text="day 4"))
    [(new, fields)] = entries(client)
    assert json.loads(fields["alert"])["text"] == "day 4"
    assert (fields["replaces"], result.stored) == (old, {ALERT: new})


@pytest.mark.parametrize("last", [retraction(2), alert(2)])
async def test_a_change_that_is_published_again_does_nothing(
    last: AlertRevision, publisher: RedisPublisher, client: redis.Redis
) -> None:
    first = await publish(publisher, alert(), last)
    before = entries(client)
    assert (await publish(publisher, last)).stored == {ALERT: first.stored[ALERT]}
    assert entries(client) == before


async def test_a_change_that_comes_too_late_does_nothing(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    await publish(publisher, alert(), retraction(2))
    await publish(publisher, alert())
    assert kinds(client) == ["retracted"]


async def test_a_retraction_of_an_unpublished_alert_publishes_nothing_and_keeps_it_out(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    assert (await publish(publisher, retraction(2))).stored == {ALERT: None}
    await publish(publisher, alert())
    assert entries(client) == []
    await publish(publisher, alert(3))
    assert [fields.keys() for _, fields in entries(client)] == [{"alert_id", "alert"}]


async def test_an_alert_that_returns_after_its_retraction_is_a_new_entry(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    await publish(publisher, alert(), retraction(2), alert(3), retraction(4))
    assert kinds(client) == ["retracted", "retracted"]


async def test_retractions_are_announced_on_the_channel(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(STREAM)
        await wait_until(
            lambda: subscription.get_message() is not None or bool(client.pubsub_numsub(STREAM)[0][1])
        )
        await publish(publisher, alert(), retraction(2))
        messages: list[Any] = []
        await wait_until(
            lambda: bool(
                messages.append(subscription.get_message()) or len(list(filter(None, messages))) == 2
            )
        )
    heard = [json.loads(message["data"]) for message in messages if message]
    assert heard == [payload(), retraction(2).payload]


@pytest.mark.parametrize("change", [retraction(2), alert(2)])
async def test_the_outbox_names_the_entry_if_redis_forgot_the_alert(
    change: AlertRevision, publisher: RedisPublisher, client: redis.Redis
) -> None:
    stored = (await publish(publisher, alert())).stored
    client.delete(seen_key(STREAM, ALERT))
    forgotten = AlertRevision(ALERT, 2, change.payload, change.retracts, stored[ALERT])
    await publish(publisher, forgotten)
    assert kinds(client) == ["retracted" if change.retracts else "alert"]


async def test_the_entry_of_an_older_version_is_searched_near_its_publication(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    add_alerts(client, [*range(1, 1200), 0, *range(1200, 1300)])
    milliseconds = str(int(time.time() * 1000) - 5_000)
    await publish(publisher, retraction(2, entry_id=milliseconds))
    assert len(entries(client)) == 1_300
    assert ALERT not in {fields["alert_id"] for _, fields in entries(client) if "alert" in fields}


@pytest.mark.parametrize("change", [retraction(2), alert(2)])
async def test_the_mark_of_an_older_version_still_counts(
    change: AlertRevision, publisher: RedisPublisher, client: redis.Redis
) -> None:
    add_alerts(client, [0])
    client.set(seen_key(STREAM, ALERT), "1", ex=Settings().alerts.seen_ttl)
    await publish(publisher, alert())
    assert kinds(client) == ["alert"]
    await publish(publisher, change)
    assert kinds(client) == ["retracted" if change.retracts else "alert"]


async def test_an_entry_of_another_alert_is_never_removed(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    add_alerts(client, [7])
    [(other, _)] = entries(client)
    await publish(publisher, retraction(2, entry_id=other))
    assert [fields["alert_id"] for _, fields in entries(client)] == [payload(7)["alert_id"], ALERT]


async def test_a_retraction_of_a_trimmed_alert_is_still_published(
    publisher: RedisPublisher, client: redis.Redis
) -> None:
    await publish(publisher, alert())
    client.xtrim(STREAM, maxlen=0, approximate=False)
    await publish(publisher, retraction(2))
    assert kinds(client) == ["retracted"]


async def test_an_alert_can_be_retracted_in_a_full_redis(valkey: RestartableValkey) -> None:
    made = RedisPublisher(valkey.settings(Settings()))
    await publish(made, alert())
    with valkey.client() as client:
        client.config_set("maxmemory", "1")
        await publish(made, retraction(2))
        assert kinds(client) == ["retracted"]
    await made.close()


@pytest.mark.parametrize("command", ["xadd", "xdel", "set"])
async def test_a_refused_command_leaves_nothing_half_done(command: str, valkey: RestartableValkey) -> None:
    made = RedisPublisher(valkey.settings(Settings()))
    await publish(made, alert())
    with valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "default", f"-{command}")
        assert (await made.publish([retraction(2)])).error is not None
        assert "retracted" not in kinds(client)
        client.execute_command("ACL", "SETUSER", "default", f"+{command}")
        await publish(made, retraction(2))
        assert kinds(client) == ["retracted"]
    await made.close()


async def test_all_keys_of_a_retraction_share_the_hash_tag_of_the_stream(
    redis_url: str, client: redis.Redis
) -> None:
    settings = Settings(redis=RedisSettings(url=SecretStr(redis_url)))
    made = RedisPublisher(with_alerts(settings, stream="{ade}:alerts"))
    await publish(made, alert(), retraction(2))
    await made.close()
    keys = list(client.scan_iter())
    assert len({client.execute_command("CLUSTER", "KEYSLOT", key) for key in keys}) == 1


changes = st.lists(
    st.tuples(st.sampled_from(["alert", "retract"]), st.booleans(), st.booleans()), min_size=1, max_size=8
)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
async def test_after_any_history_the_stream_has_the_last_alert_once_or_not_at_all(
    publisher: RedisPublisher, client: redis.Redis, history: list[tuple[str, bool, bool]]
) -> None:
    """Each change is skipped (an outbox row that changed again), or published once or twice."""
    client.flushall()
    stored: str | None = None
    visible = False
    for number, (kind, published, twice) in enumerate(history, start=1):
        make: Callable[..., AlertRevision] = retraction if kind == "retract" else alert
        if published:
            for _ in range(1 + twice):
                stored = (await publish(publisher, make(number, entry_id=stored))).stored[ALERT]
            visible = kind == "alert"
    alerts = [entry_id for entry_id, fields in entries(client) if "alert" in fields]
    assert len(alerts) == visible
    assert alerts == ([stored] if stored else [])
    last = kinds(client)[-1:]
    assert last in ([], ["alert"] if visible else ["retracted"])
