"""The keys of author hashes: what is stored with them, and how they are changed."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from monitor.settings import PrivacySettings, Settings
from monitor.store import AuthorKeys, Store, author_keys
from monitor.store.author_keys import key_id
from tests.monitor.store.batches import (
    TEXT,
    Tables,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)
from tests.monitor.store.events import LATER, apply, author_event

OLD, NEW = "the key of last year", "the key of this year"


def with_keys(settings: Settings, current: str | None, *previous: str) -> Settings:
    """Return the settings with these keys."""
    privacy = PrivacySettings(
        author_key=SecretStr(current) if current else None,
        previous_author_keys=SecretStr("\n".join(previous)) if previous else None,
    )
    return settings.model_copy(update={"privacy": privacy})


def rows(tables: Tables) -> list[tuple[Any, ...]]:
    """Return id, author and key of each post."""
    return tables.rows("SELECT tweet_id, author_hash, author_key_id FROM tweets ORDER BY 1")


def hmac_of(key: str, author: str) -> str:
    return hmac.new(key.encode(), author.encode(), hashlib.sha256).hexdigest()


async def test_an_author_is_stored_as_a_keyed_hash_along_with_the_id_of_the_key(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(with_keys(migrated, OLD))
    await write(store, [positive_tweet("1", author="7"), positive_tweet("2", author=None)])
    assert rows(tables) == [("1", hmac_of(OLD, "7"), key_id(OLD.encode())), ("2", None, None)]
    assert tables.rows("SELECT key_id FROM author_keys") == [(key_id(OLD.encode()),)]
    await store.close()


async def test_without_a_current_key_no_author_is_stored(migrated: Settings, tables: Tables) -> None:
    store = Store(with_keys(migrated, None, OLD))
    await write(store, [positive_tweet("1", author="7")])
    assert rows(tables) == [("1", None, None)]
    assert tables.rows("SELECT * FROM author_keys") == []
    await store.close()


async def test_after_a_rotation_the_posts_of_both_keys_are_erased(migrated: Settings, tables: Tables) -> None:
    before, after = Store(with_keys(migrated, OLD)), Store(with_keys(migrated, NEW, "another", OLD))
    await write(before, [positive_tweet("1"), positive_tweet("2", author="somebody else")])
    await write(after, [positive_tweet("3")])
    [event] = await apply(after, author_event("user_delete"))
    assert (event.touched["tweets"], event.unmatched) == (2, False)
    assert [tweet_id for tweet_id, author, _ in rows(tables) if author] == ["2"]
    for store in (before, after):
        await store.close()


async def test_a_key_that_is_missing_at_an_erasure_is_noticed(migrated: Settings, tables: Tables) -> None:
    before, after = Store(with_keys(migrated, OLD)), Store(with_keys(migrated, NEW))
    await write(before, [positive_tweet("1")])
    await write(after, [positive_tweet("2")])
    [event] = await apply(after, author_event("user_delete"))
    assert (event.touched["tweets"], event.unmatched) == (1, True)
    assert tables.rows("SELECT unmatched FROM compliance_events") == [(True,)]
    for store in (before, after):
        await store.close()


async def test_a_post_that_comes_again_gets_the_hash_of_the_new_key(
    migrated: Settings, tables: Tables
) -> None:
    before, after = Store(with_keys(migrated, OLD)), Store(with_keys(migrated, NEW, OLD))
    await write(before, [positive_tweet("1", author="7")])
    edited = scored("1", f"{TEXT} at all", mention_of(TEXT, "shaking"), author="7", edited_at=LATER)
    await write(after, [edited])
    assert rows(tables) == [("1", hmac_of(NEW, "7"), key_id(NEW.encode()))]
    nameless = scored(
        "1", f"{TEXT} again", mention_of(TEXT, "shaking"), author=None, edited_at=LATER.replace(year=2027)
    )
    await write(after, [nameless])
    assert rows(tables) == [("1", hmac_of(NEW, "7"), key_id(NEW.encode()))]
    for store in (before, after):
        await store.close()


async def test_rows_from_before_ids_of_keys_are_still_found(migrated: Settings, tables: Tables) -> None:
    store = Store(with_keys(migrated, OLD))
    await write(store, [negative_tweet("1")])
    tables.run("UPDATE tweets SET author_key_id = NULL; DELETE FROM author_keys")
    [event] = await apply(store, author_event("user_delete"))
    assert (event.touched["tweets"], event.unmatched) == (1, False)
    await store.close()


@given(
    st.lists(
        st.text(min_size=1).filter(lambda text: text.strip() and text.splitlines() == [text]), max_size=4
    )
)
def test_previous_keys_are_read_line_by_line(keys: list[str]) -> None:
    text = SecretStr("\n".join(keys) + "\n") if keys else None
    read = author_keys(PrivacySettings(previous_author_keys=text))
    assert read == AuthorKeys(None, tuple(key.encode() for key in keys))
    assert len(read.ids) == len(set(keys))


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\n\n", "\n  \n"])
def test_line_ends_of_any_kind_separate_keys(separator: str) -> None:
    read = author_keys(PrivacySettings(previous_author_keys=SecretStr(f"{OLD}{separator}{NEW}{separator}")))
    assert read.previous == (OLD.encode(), NEW.encode())


def test_keys_are_not_shown_and_their_ids_do_not_contain_them() -> None:
    keys = author_keys(PrivacySettings(author_key=SecretStr(NEW), previous_author_keys=SecretStr(OLD)))
    assert NEW not in repr(keys)
    assert OLD not in repr(keys)
    assert keys.ids == {key_id(NEW.encode()), key_id(OLD.encode())}
