"""`ade-monitor audit`, and which commands leave an entry."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.terminology import GroupKind, PtGroup
from monitor.recoding import recode_mentions
from monitor.settings import RetentionSettings, Settings
from monitor.store import Store
from monitor.store.audit import AuditEntry, post_digest, record_audit, words_digest
from monitor.store.author_keys import author_keys
from monitor.store.label_import import LabelEffect, remove_labels, replace_label
from monitor.store.roles import READER
from monitor.store.terminology_import import ReleaseContent, replace_terminology
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.recoding.test_recoded_texts import WordCoder
from tests.monitor.store.batches import Tables, linked_to, positive_tweet, write
from tests.monitor.store.conftest import migrated
from tests.monitor.store.events import apply, by_hand, post_event
from tests.monitor.store.logins import connected, login, name_of
from tests.monitor.store.test_roles import SERTRALINE

__all__ = ["migrated"]  # a database alone: no broker is needed here


def entries(run: RunCommand, settings: Settings, *options: str) -> list[dict[str, Any]]:
    ended = run(settings, "audit", "list", "--json", *options)
    assert ended.status == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with two posts of one author and one case."""
    await write(store, [linked_to(SERTRALINE, post) for post in (positive_tweet("1"), positive_tweet("2"))])
    return migrated


async def test_commands_that_change_or_export_leave_an_entry_without_ids_and_words(
    run: RunCommand, store: Store, filled: Settings, tables: Tables
) -> None:
    ((case_id,),) = tables.rows("SELECT case_id FROM cases")
    assert run(filled, "query", "--json", "--text", "zoloft shaking", "--pt", "Tremor").status == 0
    assert run(filled, "query", "--csv", "--since", "2026-01-01").status == 0
    assert run(filled, "cases", "show", case_id, "--json").status == 0
    assert run(filled, "cases", "set", case_id, "--status", "open", "--note", "he is John Doe").status == 0
    await apply(store, replace(by_hand(post_event("delete", "2")), commanded=True, reason="request 7"))
    await apply(store, post_event("delete", "3"))
    replace_terminology(filled, "26.1", [PtGroup("10044565", GroupKind.SOC, "1", "Nerves")], ReleaseContent())
    recode_mentions(filled, WordCoder({"shaking": ("10044565", "Tremor")}))
    replace_label(filled, "label 1", "sertraline", "text", [LabelEffect("10044565", "Tremor", "warnings")])
    assert remove_labels(filled, ["label 1", "label 2"]) == ["label 1"]

    by_subject = {(entry["action"], entry["subject"]): entry for entry in reversed(entries(run, filled))}
    assert list(by_subject) == [
        ("query", ""),
        ("query", case_id),
        ("case", case_id),
        ("erase", post_digest("2")),
        ("terminology", "26.1"),
        ("recode", "27.0"),
        ("label", "label 1"),
    ]
    filters = {"since": "2026-01-01T00:00:00+00:00", "limit": 51}
    assert by_subject["query", ""]["details"] == {"format": "csv", "filters": filters}
    assert by_subject["case", case_id]["details"]["change"] == {"status": "open"}
    assert by_subject["erase", post_digest("2")]["reason"] == "request 7"
    assert by_subject["erase", post_digest("2")]["details"]["rows"]["tweets"] == 1
    until = by_subject["query", ""]["at"]
    [first] = entries(run, filled, "--action", "query", "--until", until, "--subject", "")
    assert first["details"]["filters"]["text"] == words_digest("zoloft shaking")
    assert entries(run, filled, "--post", "2") == [by_subject["erase", post_digest("2")]]
    written = json.dumps(entries(run, filled))
    assert "zoloft" not in written
    assert "John Doe" not in written
    assert run(filled, "audit", "verify").status == 0


def test_tables_on_the_terminal_and_changes_of_nothing_leave_none(
    run: RunCommand, filled: Settings, tables: Tables
) -> None:
    ((case_id,),) = tables.rows("SELECT case_id FROM cases")
    run(filled, "query")
    run(filled, "cases", "show", case_id)
    run(filled, "cases", "set", case_id, "--status", "new")
    assert entries(run, filled) == []
    assert "no entry" in run(filled, "audit", "list").err


def test_retention_and_forgotten_keys_leave_an_entry_for_each_page(
    run: RunCommand, filled: Settings, tables: Tables
) -> None:
    key = author_keys(filled.privacy).current_id or ""
    other = filled.model_copy(update={"privacy": filled.privacy.model_copy(update={"author_key": None})})
    assert run(other, "compliance", "forget-key", key, "--force").status == 0
    tables.run("UPDATE tweets SET first_seen_at = posted_at")
    limited = filled.model_copy(update={"retention": RetentionSettings(posts_days=1, alerts_days=1)})
    run(limited, "retention", "apply")
    removed, forgotten = entries(run, filled)
    assert (removed["action"], removed["details"]["rows"]["tweets"]) == ("retention", 2)
    assert (forgotten["action"], forgotten["details"]["rows"]) == ("forget_key", {"authors": 2})


def test_a_login_that_cannot_append_exports_nothing(run: RunCommand, filled: Settings) -> None:
    with login(filled) as settings, connected(filled) as owner:
        owner.execute(
            f"GRANT SELECT ON ade_report, tweets, predictions, mentions, post_copies TO {name_of(settings)}"
        )
        ended = run(settings, "query", "--json")
        assert (ended.status, ended.out) == (1, "")
        assert "GRANT ade_reader" in ended.err
        assert run(settings, "query").status == 0
    with login(filled, READER) as settings:
        assert run(settings, "query", "--json").status == 0
        assert run(settings, "audit", "list").status == 1


def test_an_anchor_that_was_kept_reveals_entries_that_were_removed(
    run: RunCommand, migrated: Settings, tables: Tables, tmp_path: Path
) -> None:
    for number in range(3):
        record_audit(migrated, AuditEntry("export", f"[red]{number}[/]", "why"))
    anchor = run(migrated, "audit", "anchor").out.strip()
    kept = tmp_path / "anchors.txt"
    kept.write_text(f"0:{'0' * 64}\n\n{anchor}\n")
    ended = run(migrated, "audit", "verify", "--anchors", str(kept), "--json")
    assert (ended.status, json.loads(ended.out)["anchors"]) == (0, 2)
    assert "[red]2[/]" in run(migrated, "audit", "list").out

    tables.run("ALTER TABLE audit_entries DISABLE TRIGGER refuse; DELETE FROM audit_entries WHERE number = 3")
    tables.run("UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit_entries WHERE number = 2)")
    ended = run(migrated, "audit", "verify")
    assert ended.status == 1  # because of the trigger
    assert "audit_entries.refuse" in ended.err
    tables.run("ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER refuse")
    assert run(migrated, "audit", "verify").status == 0
    ended = run(migrated, "audit", "verify", "--anchor", anchor)
    assert (ended.status, "broken at entry 3" in ended.out) == (1, True)


def unfolded(message: str) -> str:
    """Return a message without its frame, its spaces and its line ends, which depend on the width."""
    return "".join(message.replace("│", "").split())


def test_mistakes_of_users_are_explained(run: RunCommand, migrated: Settings, tmp_path: Path) -> None:
    for arguments in (
        ("verify", "--anchor", "3:abc"),
        ("list", "--since", "2026-02-01", "--until", "2026-01-01"),
        ("list", "--post", "1", "--author", "2"),
    ):
        assert run(migrated, "audit", *arguments).status == 2
    broken = tmp_path / "anchors.txt"
    broken.write_text(f"0:{'0' * 64}\nabc\n")
    ended = run(migrated, "audit", "verify", "--anchors", str(broken))
    assert (ended.status, "line2" in unfolded(ended.err)) == (2, True)
    packed = tmp_path / "anchors.gz"
    packed.write_bytes(b"\x1f\x8b\xff")
    for path in (tmp_path / "none", tmp_path, packed):
        ended = run(migrated, "audit", "verify", "--anchors", str(path))
        assert (ended.status, unfolded(ended.err).count(path.name)) == (2, 1)
