"""`ade-monitor compliance keys` and `forget-key`, as their users see them."""

from __future__ import annotations

import asyncio
import json

import pytest
from pydantic import SecretStr

from monitor.compliance import author_key_use
from monitor.settings import PrivacySettings, Settings
from monitor.store import Store
from monitor.store.author_keys import key_id
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import Tables, positive_tweet, write

OLD, NEW = "the key of last year", "the key of this year"
OLD_ID, NEW_ID = key_id(OLD.encode()), key_id(NEW.encode())


def with_keys(settings: Settings, current: str, previous: str | None = None) -> Settings:
    """Return the settings with these keys."""
    privacy = PrivacySettings(
        author_key=SecretStr(current), previous_author_keys=SecretStr(previous) if previous else None
    )
    return settings.model_copy(update={"privacy": privacy})


def fill(settings: Settings, first: int, count: int) -> None:
    """Write posts."""

    async def write_posts() -> None:
        store = Store(settings)
        await write(store, [positive_tweet(str(number)) for number in range(first, first + count)])
        await store.close()

    asyncio.run(write_posts())


def test_a_rotation_is_followed_until_the_old_key_is_not_needed(
    run: RunCommand, migrated: Settings, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(author_key_use, "AT_ONCE", 2)
    fill(with_keys(migrated, OLD), 1, 5)
    after = with_keys(migrated, NEW, OLD)
    fill(after, 6, 2)

    def uses() -> list[tuple[str, str, int]]:
        lines = run(after, "compliance", "keys", "--json").out.splitlines()
        return [(use["key_id"], use["state"], use["posts"]) for use in map(json.loads, lines)]

    assert uses() == [(NEW_ID, "current", 2), (OLD_ID, "previous", 5)]
    table = run(after, "compliance", "keys")
    assert OLD_ID in table.out
    assert OLD not in table.out + table.err
    missing = run(with_keys(migrated, NEW, "another key"), "compliance", "keys")
    assert "missing" in missing.out
    assert "privacy.previous_author_keys" in missing.err

    refused = run(after, "compliance", "forget-key", NEW_ID)
    assert refused.status == 1
    assert "current key" in refused.err
    forgotten = run(after, "compliance", "forget-key", OLD_ID)
    assert forgotten.status == 0, forgotten.err
    assert "5 author hashes" in forgotten.out
    assert uses() == [(NEW_ID, "current", 2), (OLD_ID, "previous", 0)]
    assert tables.rows("SELECT count(*) FROM tweets") == [(7,)]
    assert tables.rows("SELECT key_id FROM author_keys") == [(NEW_ID,)]
    assert tables.rows("SELECT event, touched FROM compliance_events") == [("forget_key", {"authors": 5})]


def test_hashes_from_before_ids_of_keys_can_be_forgotten(
    run: RunCommand, migrated: Settings, tables: Tables
) -> None:
    settings = with_keys(migrated, OLD)
    fill(settings, 1, 3)
    tables.run("UPDATE tweets SET author_key_id = NULL WHERE tweet_id <> '1'")
    assert "unknown" in run(settings, "compliance", "keys").out
    assert "2 author hashes" in run(settings, "compliance", "forget-key", "unknown").out
    assert tables.rows("SELECT tweet_id FROM tweets WHERE author_hash IS NOT NULL") == [("1",)]


def test_without_keys_the_setting_is_named(run: RunCommand, migrated: Settings) -> None:
    settings = migrated.model_copy(update={"privacy": PrivacySettings()})
    assert "ADE_PRIVACY__AUTHOR_KEY" in run(settings, "compliance", "keys").err


def test_a_key_without_posts_is_listed_until_it_is_forgotten(
    run: RunCommand, migrated: Settings, tables: Tables
) -> None:
    fill(with_keys(migrated, OLD), 1, 2)
    tables.run("DELETE FROM tweets")
    after = with_keys(migrated, NEW)
    fill(after, 3, 1)
    missed = run(after, "erase", "--author", "nobody", "--dry-run")
    assert "may not all have been found: an author key is missing" in missed.err
    assert run(after, "erase", "--author", "nobody").status == 0
    assert "an author key is missing" in run(after, "compliance", "report").err
    listed = [json.loads(line) for line in run(after, "compliance", "keys", "--json").out.splitlines()]
    assert [(use["key_id"], use["state"], use["posts"]) for use in listed] == [
        (NEW_ID, "current", 1),
        (OLD_ID, "missing", 0),
    ]
    assert "forget-key" in run(after, "compliance", "keys").err
    assert run(after, "compliance", "forget-key", OLD_ID).status == 0
    assert OLD_ID not in run(after, "compliance", "keys").out
    assert "an author key is missing" not in run(after, "erase", "--author", "nobody", "--dry-run").err


def test_without_the_current_key_nothing_is_forgotten_unless_forced(
    run: RunCommand, migrated: Settings, tables: Tables
) -> None:
    fill(with_keys(migrated, OLD), 1, 2)
    without = migrated.model_copy(update={"privacy": PrivacySettings()})
    advice = run(without, "compliance", "keys").err
    assert "set privacy.author_key here" in advice
    assert "forget-key" not in advice
    refused = run(without, "compliance", "forget-key", OLD_ID)
    assert refused.status == 1
    assert "ADE_PRIVACY__AUTHOR_KEY" in refused.err
    hashes = "SELECT count(author_hash) FROM tweets"
    assert tables.rows(hashes) == [(2,)]
    assert run(without, "compliance", "forget-key", OLD_ID, "--force").status == 0
    assert tables.rows(hashes) == [(0,)]


async def test_a_key_that_workers_still_have_is_noted_again(migrated: Settings, tables: Tables) -> None:
    worker = Store(with_keys(migrated, OLD))
    await write(worker, [positive_tweet("1")])
    await asyncio.to_thread(author_key_use.forget_key, with_keys(migrated, NEW), OLD_ID)
    assert tables.rows("SELECT key_id FROM author_keys") == []
    await write(worker, [positive_tweet("2")])
    await worker.close()
    assert tables.rows("SELECT key_id FROM author_keys") == [(OLD_ID,)]
