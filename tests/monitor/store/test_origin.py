"""What an export asks the database before it starts: the number of erased rows changes with every erasure."""

from __future__ import annotations

from monitor.settings import Settings
from monitor.store import Store, origin
from monitor.store.origin import count_erased_rows
from tests.monitor.store.batches import Tables, positive_tweet, write
from tests.monitor.store.events import apply, post_event


async def test_each_erasure_changes_the_number_and_other_events_do_not(
    store: Store, migrated: Settings
) -> None:
    await write(store, [positive_tweet("1"), positive_tweet("2")])
    numbers = [count_erased_rows(migrated)]
    for name in ("never seen", "1", "2"):
        await apply(store, post_event("delete", name))
        numbers.append(count_erased_rows(migrated))
    assert numbers[0] == numbers[1] == 0
    assert numbers[1] < numbers[2] < numbers[3]


async def test_events_that_changed_nothing_are_not_read(store: Store, tables: Tables) -> None:
    tables.run(
        "INSERT INTO compliance_events (event, subject, source, received_at) "
        "SELECT 'delete', decode(md5(n::text), 'hex'), 'tweets/0/' || n, now() "
        "FROM generate_series(1, 5000) AS n"
    )
    await write(store, [positive_tweet("1")])
    await apply(store, post_event("delete", "1"))
    tables.run("ANALYZE compliance_events")
    plan = "\n".join(line for (line,) in tables.rows(f"EXPLAIN {origin._ERASED}"))
    assert "ix_compliance_events_touched" in plan
