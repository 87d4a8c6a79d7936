"""`ade-monitor prove`: the chain of an alert, while its post is stored and after it was erased."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.alerts.rules import AlertRules
from monitor.records import Progress
from monitor.settings import Settings
from monitor.store import Store
from monitor.store.audit import post_digest
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import TEXT, Tables, linked_to, positive_tweet
from tests.monitor.store.conftest import migrated
from tests.monitor.store.events import apply, post_event
from tests.monitor.store.test_roles import SERTRALINE

__all__ = ["migrated"]  # a database alone: no broker is needed here


@pytest.fixture
async def alert_id(store: Store, migrated: Settings, tables: Tables) -> str:
    """The id of an alert that the default rules have raised."""
    await store.write_batch(
        [linked_to(SERTRALINE, positive_tweet("1", offset=17))],
        bundle="b-1",
        raise_alerts=AlertRules(bundle="b-1").decide,
        progress=[Progress("tweets", 2, 18)],
        group="g",
    )
    ((alert_id,),) = tables.rows("SELECT alert_id FROM alert_outbox")
    return str(alert_id)


def proof_of(run: RunCommand, settings: Settings, alert_id: str) -> dict[str, Any]:
    ended = run(settings, "prove", alert_id, "--json")
    assert ended.status == 0, ended.err
    assert TEXT not in ended.out
    proof: dict[str, Any] = json.loads(ended.out)
    return proof


def test_the_chain_leads_from_the_message_to_verdicts_and_exports(
    run: RunCommand, migrated: Settings, tables: Tables, alert_id: str
) -> None:
    tables.run(
        "INSERT INTO review_items "
        '(tweet_id, bundle, version, start, "end", label, probability, state, outcome) '
        "SELECT tweet_id, bundle, version, start, \"end\", 'ADE', 0.9, 'done', 'correct' FROM mentions"
    )
    tables.run("INSERT INTO review_verdicts (item_id, decision) SELECT item_id, 'correct' FROM review_items")
    ((case_id, ptid),) = tables.rows("SELECT case_id, ptid FROM cases")
    run(migrated, "cases", "set", case_id, "--status", "open")
    for options in (
        ("--pt", ptid),
        ("--pt", "Insomnia"),
        ("--until", "2026-06-01"),
        ("--since", "2026-06-01"),
    ):
        run(migrated, "query", "--json", *options)
    proof = proof_of(run, migrated, alert_id)
    assert proof["message"] == {"topic": "tweets", "partition": 2, "offset": 17}
    assert proof["prediction"]["bundle"] == "b-1"
    assert (proof["text"]["matches"], len(proof["text"]["digest"])) == (True, 32)
    assert (proof["effect"]["drug"], proof["effect"]["pt_name"]) == ("sertraline", "Tremor")
    assert proof["alert"]["rules"]
    assert (proof["case"]["case_id"], proof["case"]["status"]) == (case_id, "open")
    assert [verdict["decision"] for verdict in proof["verdicts"]] == ["correct"]
    assert [entry["action"] for entry in proof["entries"]] == ["case"]
    # Of the four queries, the one for another PT and the one before the post had not seen it.
    assert [(entry["number"], entry["certain"]) for entry in proof["exports"]] == [(2, False), (5, False)]
    text = run(migrated, "prove", alert_id).out
    assert "topic tweets, partition 2, offset 17" in text
    assert "the stored text has it" in text


def test_a_changed_text_no_longer_has_its_digest(
    run: RunCommand, migrated: Settings, tables: Tables, alert_id: str
) -> None:
    tables.run("UPDATE tweets SET text = text || '!'")
    assert proof_of(run, migrated, alert_id)["text"]["matches"] is False
    assert "ANOTHER" in run(migrated, "prove", alert_id).out


async def test_of_an_erased_post_the_alert_and_its_retraction_stay(
    run: RunCommand, store: Store, migrated: Settings, alert_id: str
) -> None:
    run(migrated, "query", "--json", "--pt", "Tremor")
    await apply(store, post_event("delete", "1"))
    proof = proof_of(run, migrated, alert_id)
    # Nothing says any more which PT it was, so a query for one may have had it.
    assert [entry["action"] for entry in proof["exports"]] == ["query"]
    assert (proof["alert"]["action"], proof["alert"]["reason"]) == ("retract", "deleted")
    assert proof["message"] is None
    assert proof["effect"] == {}
    assert proof["post"]["tweet_id"] != "1"
    assert post_digest("1") not in json.dumps(proof)
    assert "retracted" in run(migrated, "prove", alert_id).out


def test_an_unknown_alert_is_an_error_and_a_malformed_id_a_mistake(
    run: RunCommand, migrated: Settings
) -> None:
    ended = run(migrated, "prove", "0" * 32)
    assert (ended.status, "no alert" in ended.err) == (1, True)
    assert run(migrated, "prove", "12").status == 2
