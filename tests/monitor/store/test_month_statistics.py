"""The statistics of tables with months: plans of several months need them, and no words may be in them."""

from __future__ import annotations

from monitor.settings import Settings
from monitor.store import Store
from monitor.store.month_statistics import MonthStatistics
from monitor.store.roles import WRITER
from tests.monitor.store.batches import Tables, positive_tweet, write
from tests.monitor.store.logins import login


async def test_a_worker_makes_statistics_of_whole_tables_and_of_no_words(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [positive_tweet(str(n)) for n in range(60)])
    with login(migrated, WRITER) as settings:
        worker = Store(settings)
        await MonthStatistics(settings.database, worker.engine).make()
        await worker.close()
    tables.run("ANALYZE")
    columns = tables.rows("SELECT tablename, attname, n_distinct FROM pg_stats WHERE inherited")
    assert {(table, name) for table, name, _ in columns} >= {("tweets", "tweet_id"), ("mentions", "drug_atc")}
    assert {count for _, name, count in columns if name == "posted_at"} == {1}
    [(words,)] = tables.rows(
        "SELECT count(*) FROM pg_stats WHERE tablename LIKE '%%tweets%%' AND most_common_elems::text LIKE %s",
        "%shaking%",
    )
    assert words == 0
    [(words,)] = tables.rows(
        "SELECT count(*) FROM pg_stats WHERE attname IN ('text', 'context', 'url') "
        "AND (tablename LIKE 'tweets%%' OR tablename LIKE 'mentions%%')"
    )
    assert words == 0


async def test_a_join_of_months_expects_each_post_once(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet(str(n)) for n in range(300)])
    tables.run("SELECT analyze_months()")
    plan = tables.rows(
        "EXPLAIN SELECT FROM tweets JOIN predictions USING (tweet_id, posted_at) "
        "JOIN mentions USING (tweet_id, posted_at)"
    )
    expected = int(plan[0][0].split("rows=")[1].split()[0])
    assert 150 < expected < 600
