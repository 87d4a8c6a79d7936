"""Whatever a post says is stored as it is, and is never run: neither as SQL nor as a format."""

from __future__ import annotations

import pytest

from monitor.store import Store
from tests.monitor.store.batches import Tables, alert, mention_of, scored, write

HOSTILE = (
    "'; DROP TABLE mentions; --",
    "1); DELETE FROM tweets; COMMIT; --",
    "%s %(text)s :text $1 {0} {text}",
    "\\'; SELECT pg_sleep(60); --",
    "$$; DROP SCHEMA public CASCADE; $$",
    "E'\\x27' || (SELECT current_user)",
    "$(touch hostile) `touch hostile` | touch hostile",
)


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_field_of_a_post_becomes_sql(store: Store, tables: Tables, text: str) -> None:
    post = scored(
        text,
        f"{text} makes me sick",
        mention_of(f"{text} makes me sick", "sick", pt=(text, text)),
        author=text,
        lang="en",
        platform=text[:8],
        url=text,
        aliases=(f"alias {text}",),
    )
    await write(store, [post], alerts=[alert("a", text)])
    await write(store, [scored("2", "fine")])
    [stored] = tables.rows("SELECT tweet_id, text, url, platform FROM tweets WHERE text IS NOT NULL")
    assert stored == (text, f"{text} makes me sick", text, text[:8])
    assert tables.rows("SELECT ptid, pt_name FROM mentions") == [(text, text)]
    assert tables.rows("SELECT alias FROM post_aliases") == [(f"alias {text}",)]
    assert tables.rows("SELECT tweet_id FROM alert_outbox") == [(text,)]
    assert tables.sizes()["tweets"] == 2
