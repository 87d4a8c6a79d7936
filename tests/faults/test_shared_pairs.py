"""Two workers on the same authors and pairs, one of them killed: one case, one pair, one alert for each."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from monitor.settings import Settings
from tests.faults.conftest import FaultBroker
from tests.faults.damage import Damage, compared, count_damage
from tests.faults.enriched_posts import AUTHOR, NEW_PAIRS, SERIOUS, enriched_values, with_enrichment
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.report import FaultReport
from tests.faults.stored_rows import stream_alerts, waiting_alerts
from tests.flow.conftest import FlowResults
from tests.processes import RunningCommand, running, wait_for

KILLS = 2
SMALL_BATCHES = {
    "ADE_WORKER__BATCH_SIZE": "8",
    "ADE_WORKER__BATCH_WAIT": "0.05",
    "ADE_WORKER__LANGUAGES": "*",
}

CASES: Final = (
    "SELECT t.author_hash, c.drug, c.effect, count(DISTINCT c.case_id) FROM cases AS c "
    "JOIN case_posts AS p USING (case_id) JOIN tweets AS t USING (tweet_id) "
    "WHERE p.role <> 'thread' AND t.kind <> 'repost' GROUP BY 1, 2, 3"
)
"""Cases of each author, drug and effect. A repost that comes before its original has a case of its own."""

REPORTED: Final = (
    "SELECT DISTINCT m.tweet_id, m.ptid FROM mentions AS m "
    "WHERE NOT EXISTS (SELECT FROM post_copies AS c WHERE c.tweet_id = m.tweet_id)"
)
"""Effects of posts that are not copies."""

IN_CASES: Final = "SELECT p.tweet_id, c.ptid FROM case_posts AS p JOIN cases AS c USING (case_id)"

PAIRS: Final = (
    "SELECT DISTINCT m.drug, 'pt:' || m.ptid FROM mentions AS m WHERE m.drug IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM post_copies AS c WHERE c.tweet_id = m.tweet_id)"
)
SEEN_PAIRS: Final = "SELECT drug, effect FROM seen_pairs"

SERIOUS_DRUGS: Final = (
    "SELECT DISTINCT m.drug FROM mentions AS m JOIN post_facts AS f USING (tweet_id) "
    "WHERE f.kind = 'hospital' AND m.drug IS NOT NULL"
)
AUTHORS_WITH_DRUG: Final = (
    "SELECT DISTINCT t.author_hash FROM mentions AS m JOIN tweets AS t USING (tweet_id) "
    "WHERE m.drug IS NOT NULL AND NOT EXISTS (SELECT FROM post_copies AS c WHERE c.tweet_id = m.tweet_id)"
)
AUTHORS: Final = "SELECT tweet_id, author_hash FROM tweets"


def test_two_workers_on_the_same_authors_and_pairs(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    settings = with_enrichment(on_broker, tmp_path)
    with ExitStack() as stack:

        def worker(name: str) -> RunningCommand:
            (tmp_path / name).mkdir()
            return stack.enter_context(running(settings, tmp_path / name, "worker", **SMALL_BATCHES))

        workers = [worker("first"), worker("second")]
        for each in workers:
            wait_for(lambda each=each: "partitions assigned" in each.output(), PATIENCE, watching=each)
        with Load(settings, values=enriched_values, pause=0.5) as load:
            for kill in range(KILLS):
                before = stored_posts(settings)
                wait_for(lambda before=before: stored_posts(settings) > before, PATIENCE, watching=workers[1])
                time.sleep(1)
                workers.pop(0).kill()
                workers.append(worker(f"again {kill}"))
                wait_for(lambda: "worker starts" in workers[-1].output(), PATIENCE, watching=workers[-1])
        began = time.monotonic()
        wait_for(lambda: stored_posts(settings) >= load.count, PATIENCE, watching=workers[0])
        wait_for(lambda: waiting_alerts(settings) == 0, PATIENCE, watching=workers[0])
        recovery_s = time.monotonic() - began
        assert [each.stop() for each in workers] == [0, 0], workers[0].output()
    damage = _damage(results, load, settings)
    fault = "two workers on the same authors and pairs, SIGKILL of one"
    report.add(fault, damage, broker=each_broker.name, runs=KILLS, recovery_s=recovery_s)
    assert damage == Damage(0, 0)


def _damage(results: FlowResults, load: Load, settings: Settings) -> Damage:
    """Count what is missing or too much among posts, cases, pairs, and the alerts of each rule."""
    posts = count_damage(settings, load.ids, dated=False)
    alerts = stream_alerts(settings)
    authors = dict(results.rows(AUTHORS))
    pairs = Counter(results.rows(PAIRS))
    damages = [
        posts,
        compared(Counter(results.rows(REPORTED)), Counter(results.rows(IN_CASES))),
        compared(pairs, Counter(results.rows(SEEN_PAIRS))),
        compared(pairs, _fired(alerts, NEW_PAIRS, lambda alert: (_drug(alert), f"pt:{alert['ptid']}"))),
        compared(Counter(drug for (drug,) in results.rows(SERIOUS_DRUGS)), _fired(alerts, SERIOUS, _drug)),
        compared(
            Counter(author for (author,) in results.rows(AUTHORS_WITH_DRUG)),
            _fired(alerts, AUTHOR, lambda alert: authors[alert["tweet_id"]]),
        ),
    ]
    extra_cases = sum(count - 1 for *_, count in results.rows(CASES))
    assert pairs
    print(damages, extra_cases)  # noqa: T201 - pytest shows it if the case fails
    return Damage(sum(each.lost for each in damages), sum(each.doubled for each in damages) + extra_cases)


def _fired(alerts: list[dict[str, Any]], rule: str, about: Any) -> Counter[Any]:
    """Return how many alerts a rule raised about each thing."""
    return Counter(about(alert) for alert in alerts if rule in alert["rules"])


def _drug(alert: dict[str, Any]) -> Any:
    return alert["drug"] and alert["drug"]["name"]
