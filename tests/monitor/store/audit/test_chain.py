"""The chain of the audit: our own hashes are those of the database, and every damage is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from monitor.settings import Settings
from monitor.store.audit import (
    Anchor,
    AuditEntry,
    AuditFilters,
    ChainedEntry,
    append_audit,
    find_entries,
    missing_guards,
    read_anchor,
    record_audit,
    verify_audit,
    verify_chain,
)
from monitor.store.audit.chain import START
from monitor.store.connections import checking_engine
from tests.monitor.store.batches import Tables

WORDS = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(WORDS, WORDS, st.none() | WORDS, st.dictionaries(WORDS, JSON, max_size=4))
def test_any_text_and_json_has_the_hash_that_the_database_computes(
    migrated: Settings, action: str, subject: str, reason: str | None, details: dict[str, Any]
) -> None:
    with checking_engine(migrated.database, 10).begin() as connection:
        append_audit(connection, AuditEntry(f"a{action}", subject, reason, details))
    result = verify_audit(migrated)
    assert (result.broken, result.problem) == (None, None)
    assert result.last == read_anchor(migrated)


@pytest.fixture
def damaged(migrated: Settings, tables: Tables) -> Iterator[Tables]:
    """The tables of an audit with five entries, whose triggers are off."""
    for number in range(5):
        record_audit(migrated, AuditEntry("export", f"file {number}", "why", {"rows": number}))
    tables.run("ALTER TABLE audit_entries DISABLE TRIGGER USER")
    tables.run("ALTER TABLE audit_head DISABLE TRIGGER USER")
    yield tables


COLUMNS = "at, actor, action, subject, reason, details, previous_hash, hash"
DAMAGES = {
    "a changed actor": ("UPDATE audit_entries SET actor = 'x' WHERE number = 3", 3),
    "a changed action": ("UPDATE audit_entries SET action = 'x' WHERE number = 3", 3),
    "a changed subject": ("UPDATE audit_entries SET subject = subject || ' ' WHERE number = 3", 3),
    "a reason that is gone": ("UPDATE audit_entries SET reason = NULL WHERE number = 3", 3),
    "a changed detail": ("UPDATE audit_entries SET details = '{\"rows\": 2.0}' WHERE number = 3", 3),
    "an earlier time": ("UPDATE audit_entries SET at = at - interval '1 microsecond' WHERE number = 3", 3),
    "another hash": ("UPDATE audit_entries SET hash = sha256('x') WHERE number = 3", 3),
    "another hash before": ("UPDATE audit_entries SET previous_hash = hash WHERE number = 3", 3),
    "an entry that is gone": ("DELETE FROM audit_entries WHERE number = 3", 3),
    "a first entry that is gone": ("DELETE FROM audit_entries WHERE number = 1", 1),
    "all entries gone": ("DELETE FROM audit_entries", 1),
    "two entries that changed places": (
        "UPDATE audit_entries SET number = -number WHERE number IN (3, 4); "
        "UPDATE audit_entries SET number = 7 + number WHERE number < 0",
        3,
    ),
    "an entry before the first": (
        f"INSERT INTO audit_entries SELECT 0, {COLUMNS} FROM audit_entries WHERE number = 1",
        0,
    ),
    "a copy at the end": (
        f"INSERT INTO audit_entries SELECT 6, {COLUMNS} FROM audit_entries WHERE number = 5",
        6,
    ),
    "an end that is gone": ("DELETE FROM audit_entries WHERE number > 3", 4),
    "no head": ("DELETE FROM audit_head", 1),
    "another head": ("UPDATE audit_head SET hash = sha256('x')", 6),
}


def test_each_damage_is_found_where_it_is(migrated: Settings, damaged: Tables) -> None:
    """All in one database, because a new one for each would take longer than the checks."""
    damaged.run("CREATE TABLE entries AS TABLE audit_entries; CREATE TABLE head AS TABLE audit_head")
    broken_at = {}
    for name, (statement, _) in DAMAGES.items():
        damaged.run(statement)
        result = verify_audit(migrated)
        assert result.problem, name
        broken_at[name] = result.broken
        damaged.run("DELETE FROM audit_entries; INSERT INTO audit_entries TABLE entries")
        damaged.run("DELETE FROM audit_head; INSERT INTO audit_head TABLE head")
        assert verify_audit(migrated).broken is None
    assert broken_at == {name: broken for name, (_, broken) in DAMAGES.items()}


def test_an_anchor_reveals_an_end_that_was_cut_off_with_its_head(migrated: Settings, damaged: Tables) -> None:
    anchor = read_anchor(migrated)
    damaged.run("DELETE FROM audit_entries WHERE number > 3")
    damaged.run("UPDATE audit_head SET number = 3, hash = (SELECT hash FROM audit_entries WHERE number = 3)")
    assert verify_audit(migrated).broken is None
    result = verify_audit(migrated, [anchor])
    assert (result.broken, result.entries) == (4, 3)


def test_an_anchor_reveals_a_chain_that_was_written_again(migrated: Settings, damaged: Tables) -> None:
    anchors = [Anchor(0, START), read_anchor(migrated)]
    assert verify_audit(migrated, anchors).broken is None
    damaged.run("TRUNCATE audit_entries")
    damaged.run("UPDATE audit_head SET number = 0, hash = decode(repeat('00', 32), 'hex')")
    damaged.run("ALTER TABLE audit_entries ENABLE TRIGGER chain")
    for number in range(7):
        record_audit(migrated, AuditEntry("export", f"other file {number}"))
    assert verify_audit(migrated).broken is None
    assert verify_audit(migrated, anchors).broken == 5


def test_triggers_that_are_off_are_named(migrated: Settings, damaged: Tables) -> None:
    assert missing_guards(migrated) == ["audit_entries.chain", "audit_entries.refuse", "audit_head.refuse"]
    damaged.run("ALTER TABLE audit_entries ENABLE TRIGGER chain")
    damaged.run("ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER refuse")
    assert missing_guards(migrated) == ["audit_head.refuse"]
    damaged.run("DROP TRIGGER chain ON audit_entries")
    assert missing_guards(migrated) == ["audit_entries.chain", "audit_head.refuse"]


def test_a_chain_without_entries_is_sound(migrated: Settings) -> None:
    assert read_anchor(migrated) == Anchor(0, START)
    assert verify_audit(migrated, [Anchor(0, START)]).broken is None
    assert missing_guards(migrated) == []


def test_entries_are_found_by_each_filter(migrated: Settings) -> None:
    for action, subject in (("export", "a"), ("case", "b"), ("case", "c")):
        record_audit(migrated, AuditEntry(action, subject))
    cases = list(find_entries(migrated, AuditFilters(action="case")))
    assert [entry.subject for entry in cases] == ["c", "b"]
    assert [entry.number for entry in find_entries(migrated, AuditFilters(subjects=["a", "c"]))] == [3, 1]
    assert [entry.number for entry in find_entries(migrated, AuditFilters(limit=1))] == [3]
    assert list(find_entries(migrated, AuditFilters(actor="nobody"))) == []


def test_an_anchor_is_read_as_it_was_written() -> None:
    anchor = Anchor(12, bytes(range(32)))
    assert Anchor.parse(f" {anchor}\n") == anchor
    for text in ("", "12", "12:00", f"-{anchor}", f"{anchor}0", str(anchor).upper()):
        with pytest.raises(ValueError, match="anchor"):
            Anchor.parse(text)


def test_the_canonical_json_is_pinned() -> None:
    """An anchor must stay valid for years."""
    at, subject = "2026-11-30T00:00:00.000001Z", 'a"\\\n\x01'
    row = ChainedEntry(1, at, "añn", "export", subject, None, "{}", START, START)
    assert row.canonical_json() == (
        '{"at": "2026-11-30T00:00:00.000001Z", "actor": "añn", "action": "export", "number": 1, '
        f'"reason": null, "details": {{}}, "subject": "a\\"\\\\\\n\\u0001", "previous": "{"00" * 32}"}}'
    )
    sound = replace(row, hash=row.expected_hash())
    assert verify_chain([sound], Anchor(1, sound.hash)).broken is None
