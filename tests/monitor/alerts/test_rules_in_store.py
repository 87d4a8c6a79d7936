"""Rules in the transaction of a batch: tags, cooldowns, repeated batches and edits, in a real database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.alerts import AlertRules
from monitor.alerts.cooldown_expiry import CooldownExpiry
from monitor.alerts.knowledge_reading import KnowledgeWatch
from monitor.alerts.rulebook import NO_KNOWLEDGE, HashAuthor, RuleBook, no_author
from monitor.errors import RetryableError
from monitor.records import Progress, ScoredPost
from monitor.settings import Settings
from monitor.store import AuthorKeys, Store, Written, async_engine, author_keys
from tests.monitor.alerts.rulebook.reports import book_of
from tests.monitor.store.batches import POSTED, TEXT, Tables, mention_of, positive_tweet, scored

RULES = """
[[rule]]
name = "drop"
action = "drop"
when = { source = "memes" }
[[rule]]
name = "tremor"
cooldown = "1d"
cooldown_by = "rule"
severity = "high"
tags = ["motor", "review"]
when = { pt = "Tremor" }
[[rule]]
name = "tag"
action = "tag"
tags = ["any"]
"""


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    return book_of(tmp_path, RULES)


async def write(
    store: Store,
    book: RuleBook,
    tweets: Sequence[ScoredPost],
    *,
    bundle: str = "b",
    hash_author: HashAuthor = no_author,
) -> Written:
    rules = AlertRules(bundle=bundle, book=book, hash_author=hash_author)
    progress = [Progress("tweets", 0, 1)]
    return await store.write_batch(
        tweets, bundle=bundle, raise_alerts=rules.decide, progress=progress, group="g"
    )


def alerts(tables: Tables) -> list[tuple[str, str, int]]:
    return tables.rows("SELECT tweet_id, action, revision FROM alert_outbox ORDER BY 1")  # type: ignore[return-value]


async def test_a_cooldown_lets_one_alert_of_a_batch_through(
    store: Store, tables: Tables, book: RuleBook
) -> None:
    posts = [positive_tweet("1"), positive_tweet("2"), positive_tweet("3", platform="memes")]
    written = await write(store, book, posts)
    assert (written.new_alerts, alerts(tables)) == (1, [("1", "publish", 1)])
    assert (await write(store, book, posts)).new_alerts == 0
    assert (await write(store, book, [positive_tweet("4")])).new_alerts == 0
    assert (await write(store, book, [positive_tweet("2")], bundle="newer")).new_alerts == 0
    assert alerts(tables) == [("1", "publish", 1)]
    [(payload,)] = tables.rows("SELECT payload FROM alert_outbox")
    assert (payload["rules"], payload["severity"], payload["tags"]) == (
        ["tremor"],
        "high",
        ["motor", "review", "any"],
    )


async def test_a_cooldown_by_author_keeps_no_id_and_needs_a_key(
    store: Store, tables: Tables, migrated: Settings, tmp_path: Path
) -> None:
    book = book_of(tmp_path, "[[rule]]\nname = 'a'\ncooldown = '1d'\ncooldown_by = 'author'")
    posts = [positive_tweet(str(number), author=f"author {number // 2}") for number in range(4)]
    keyed = author_keys(migrated.privacy).hash
    assert (await write(store, book, posts, hash_author=keyed)).new_alerts == 2
    with_key = tables.rows("SELECT key FROM alert_cooldowns")
    others = [positive_tweet(str(number + 10), author="author 0") for number in range(2)]
    assert (await write(store, book, others, hash_author=AuthorKeys(b"another key").hash)).new_alerts == 1
    assert len(tables.rows("SELECT key FROM alert_cooldowns")) == len(with_key) + 1
    unkeyed = [positive_tweet(str(number + 20), author="author 0") for number in range(2)]
    assert (await write(store, book, unkeyed)).new_alerts == 2


async def test_tags_are_written_to_mentions_also_without_an_alert(
    store: Store, tables: Tables, book: RuleBook
) -> None:
    await write(
        store, book, [positive_tweet("1"), positive_tweet("2"), positive_tweet("3", platform="memes")]
    )
    assert tables.rows("SELECT tweet_id, tags FROM mentions ORDER BY 1") == [
        ("1", ["motor", "review", "any"]),
        ("2", ["motor", "review", "any"]),
        ("3", []),
    ]


async def test_an_edit_replaces_an_alert_while_its_cooldown_runs(
    store: Store, tables: Tables, book: RuleBook
) -> None:
    await write(store, book, [positive_tweet("1")])
    text = f"{TEXT}, still"
    edited = scored(
        "1",
        text,
        mention_of(text, "shaking", pt=("10044565", "Tremor")),
        edited_at=POSTED + timedelta(minutes=5),
    )
    written = await write(store, book, [edited])
    assert (written.new_alerts, written.changed_alerts) == (0, 1)
    assert alerts(tables) == [("1", "publish", 2)]


async def test_an_edit_does_not_raise_what_its_first_version_could_not(
    store: Store, tables: Tables, book: RuleBook
) -> None:
    await write(store, book, [positive_tweet("1"), positive_tweet("2")])
    edited = positive_tweet("2", edited_at=POSTED + timedelta(minutes=5))
    await write(store, book, [edited])
    assert alerts(tables) == [("1", "publish", 1)]


async def test_the_task_removes_cooldowns_that_are_over(
    store: Store, tables: Tables, migrated: Settings, book: RuleBook
) -> None:
    await write(store, book, [positive_tweet("1")])
    expiry = CooldownExpiry(migrated.database, store.engine)
    assert await expiry.expire() == 0
    tables.run("UPDATE alert_cooldowns SET until = now() - interval '1 second'")
    assert await expiry.expire() == 1
    assert (await write(store, book, [positive_tweet("2")])).new_alerts == 1


async def test_what_rules_look_up_follows_the_database(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    watch = KnowledgeWatch(migrated.database, store.engine)
    await watch.read()
    assert watch.now() is NO_KNOWLEDGE
    tables.run("INSERT INTO terminology_releases (release) VALUES ('27.0')")
    tables.run(
        "INSERT INTO pt_groups (ptid, kind, code, name) "
        "VALUES ('10044565', 'soc', '10029205', 'Nervous system disorders')"
    )
    await watch.read()
    known = watch.now()
    assert known.has_terminology
    assert "nervous system disorders" in known.groups_of("10044565").soc
    await watch.read()
    assert watch.now() is known


async def test_a_worker_starts_without_labels_that_cannot_be_read_in_time(
    tables: Tables, migrated: Settings
) -> None:
    tables.run("INSERT INTO drug_labels (label_id, drug, source) VALUES ('spl:1', 'sertraline', 'spl')")
    impatient = migrated.database.model_copy(update={"statement_timeout": 0.3})
    engine = async_engine(impatient)
    watch = KnowledgeWatch(impatient, engine)
    try:
        with tables.connection.transaction():
            tables.run("LOCK TABLE listed_effects")
            with pytest.raises(RetryableError):
                await watch.read()
            await watch.read_at_start()
            assert not watch.now().has_labels
        await watch.read()
        assert watch.now().has_labels
    finally:
        await engine.dispose()
