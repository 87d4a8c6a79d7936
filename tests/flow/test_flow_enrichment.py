"""From posts in Kafka to what a safety team reads: drugs, copies, cases, and the alerts of its rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from monitor.settings import EnrichSettings, Settings
from tests.flow.conftest import FlowResults, send
from tests.processes import ade_monitor, running, wait_for

RULES = """
[group.anticoagulants]
drugs = ["warfarin", "eliquis"]

[[rule]]
name = "sleep aids"
action = "drop"
when.drug = "melatonin"

[[rule]]
name = "serious and unlisted"
severity = "critical"
tags = ["expedite"]
when.group = "anticoagulants"
when.serious = true
when.listedness = "unlisted"

[[rule]]
name = "new pairs"
severity = "low"
when.first_time = true
"""

FIRST = "zoloft gave me a terrible headache and i could not get up all day today"
POSTS: list[dict[str, Any]] = [
    {"id": "1", "author_id": "ann", "text": FIRST},
    {"id": "2", "author_id": "bob", "text": f"RT @ann: {FIRST}", "kind": "repost", "referenced_id": "1"},
    {"id": "3", "author_id": "cem", "text": f"{FIRST} 😭😭 https://t.example/x9"},
    # The author goes on in the thread, and names no drug.
    {
        "id": "4",
        "author_id": "ann",
        "text": "and this morning the headache is back, even worse",
        "kind": "reply",
        "referenced_id": "1",
    },
    # Two drugs: one caused it, the other one is taken for it.
    {"id": "5", "author_id": "dee", "text": "lexapro gave me nausea so now i take zofran for it every day"},
    {
        "id": "6",
        "author_id": "eve",
        "text": "warfarin made me so dizzy that i fell and ended up in the hospital for three days",
    },
    {"id": "7", "author_id": "fay", "text": "warfarin gave me a headache, nothing bad"},
    {"id": "8", "author_id": "gus", "text": "melatonin gives me insomnia, how ironic is that"},
    {"id": "9", "author_id": "hal", "text": "picked up my zoloft and my warfarin at the pharmacy"},
]


def test_rules_raise_the_alerts_that_they_promise_and_no_other(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    settings = migrated.model_copy(
        update={
            "enrich": EnrichSettings(),
            "alerts": migrated.alerts.model_copy(update={"rules": rules}),
        }
    )
    results.rows(
        "WITH label AS (INSERT INTO drug_labels (label_id, drug, source) "
        "VALUES ('l1', 'warfarin', 'test') RETURNING label_id) "
        "INSERT INTO listed_effects (label_id, drug, ptid, pt_name) "
        "SELECT label_id, 'warfarin', '90000001', 'Headache' FROM label RETURNING id"
    )
    with running(settings, tmp_path, "worker") as worker:
        # One after the other, so that it is clear which post comes first.
        for number, post in enumerate(POSTS, 1):
            send(settings, [json.dumps(post).encode()])
            wait_for(lambda number=number: results.scored() == number, watching=worker)
        wait_for(lambda: len(results.alerts()) >= 4, watching=worker)
        assert worker.stop() == 0, worker.output()

    alerts = {alert["tweet_id"]: alert for alert in results.alerts()}
    fired = {tweet_id: alert["rules"] for tweet_id, alert in alerts.items()}
    assert fired == {
        "1": ["new pairs"],
        "5": ["new pairs"],
        "6": ["serious and unlisted", "new pairs"],
        "7": ["new pairs"],
    }
    serious = alerts["6"]
    assert (serious["severity"], serious["tags"], serious["serious"]) == ("critical", ["expedite"], True)
    assert (serious["drug"]["name"], serious["listedness"]) == ("warfarin", "unlisted")
    assert "hospital" in {fact["kind"] for fact in serious["facts"]}
    assert alerts["7"]["listedness"] == "listed"
    assert alerts["5"]["drug"]["name"] == "escitalopram"

    copies = results.rows("SELECT tweet_id, first_id, kind FROM post_copies ORDER BY 1")
    assert [row[:2] for row in copies] == [("2", "1"), ("3", "1")]
    assert copies[0][2] == "repost"
    posts_of_case = "SELECT tweet_id, role FROM case_posts WHERE case_id = (SELECT case_id FROM case_posts "
    posts_of_case += "WHERE tweet_id = '1') ORDER BY tweet_id"
    assert results.rows(posts_of_case) == [("1", "report"), ("4", "thread")]
    counts = dict(results.rows("SELECT drug, sum(seen) FROM hourly_drug_counts GROUP BY drug"))
    assert (counts["warfarin"], counts["sertraline"]) == (3, 4)

    query = ade_monitor(settings, "query", "--drug", "Lustral", "--json")
    drugs = {row["tweet_id"]: row["drug"] for row in map(json.loads, query.stdout.splitlines())}
    assert {"1", "2", "3"} <= set(drugs), query.stderr
    assert set(drugs.values()) == {"sertraline"}
