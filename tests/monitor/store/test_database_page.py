"""The SQL in docs/database.md runs, and its results are what the page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from monitor.settings import DatabaseSettings, Settings
from monitor.store import Filters, ReportedEffect, Store, find_effects
from monitor.store.tables import WORDS, metadata
from tests.monitor.store.batches import (
    Tables,
    alert,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)
from tests.monitor.store.events import apply, post_event

PAGE = Path(__file__).parents[3] / "docs" / "database.md"


@pytest.fixture
def examples() -> list[str]:
    """Every block of SQL on the page."""
    blocks = PAGE.read_text(encoding="utf-8").split("```sql\n")[1:]
    return [block.partition("```")[0] for block in blocks]


async def test_every_documented_query_runs(store: Store, tables: Tables, examples: list[str]) -> None:
    await write(store, [positive_tweet()])
    assert len(examples) >= 4
    for example in examples:
        tables.rows(example)


async def test_the_documented_rate_has_all_tweets_in_its_denominator(
    store: Store, tables: Tables, examples: list[str]
) -> None:
    await write(store, [negative_tweet(str(n)) for n in range(3)] + [positive_tweet("3")], bundle="old")
    await write(store, [positive_tweet("3")], bundle="new")
    await write(store, [negative_tweet(str(n)) for n in range(3)], bundle="new")
    assert [(seen, positive, float(rate)) for _, seen, positive, rate in tables.rows(examples[0])] == [
        (4, 1, 250.0)
    ]


async def test_the_documented_word_search_uses_its_index(
    store: Store, tables: Tables, examples: list[str]
) -> None:
    text = "#Zoloft😭 no sleep"
    await write(store, [scored("1", text, mention_of(text, "no sleep", pt=("10022437", "Insomnia")))])
    (search,) = (example for example in examples if "phraseto_tsquery" in example)
    assert WORDS.format(text="text") in search
    assert [span for _, span, *_ in tables.rows(search)] == ["no sleep"]
    tables.run("SET enable_seqscan = off")
    plan = "\n".join(line for (line,) in tables.rows(f"EXPLAIN {search}"))
    assert "ix_tweets_words" in plan


def test_the_page_has_every_column_of_every_table_and_of_the_view() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table in metadata.sorted_tables:
        section = page.partition(f"\n`{table.name}`: ")[2].partition("\n\n`")[0]
        missing = [column.name for column in table.columns if f"`{column.name}`" not in section]
        assert missing == [], table.name
    view = page.partition("## The view")[2].partition("## Examples")[0]
    assert [name for name in ReportedEffect.__dataclass_fields__ if f"`{name}`" not in view] == []


async def test_the_documented_rights_are_sufficient(
    store: Store, tables: Tables, migrated: Settings, role: str
) -> None:
    tables.run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    tables.run(f"GRANT EXECUTE ON FUNCTION make_month, drop_month, analyze_months TO {role}")
    worker = Store(_as(migrated, role))
    await worker.check_revision()
    assert (await write(worker, [positive_tweet()], alerts=[alert("a")])).new_alerts == 1
    await write(worker, [positive_tweet("2")])
    [event] = await apply(worker, post_event("delete", "2"))
    assert event.touched["tweets"] == 1
    await worker.close()

    tables.run(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
    tables.run(f"GRANT SELECT ON ade_report, tweets, predictions, mentions, post_copies TO {role}")
    assert [
        len(list(find_effects(_as(migrated, role), Filters(bundle=bundle)))) for bundle in (None, "all")
    ] == [
        1,
        1,
    ]


@pytest.fixture
def role(tables: Tables) -> Iterator[str]:
    """Name of a user without any rights, with the password `pw`."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    tables.run(f"CREATE ROLE {name} LOGIN PASSWORD 'pw'")
    yield name
    tables.run(f"DROP OWNED BY {name}")
    tables.run(f"DROP ROLE {name}")


def _as(settings: Settings, role: str) -> Settings:
    url = make_url(settings.database.url.get_secret_value()).set(username=role, password="pw")
    plain = url.render_as_string(hide_password=False)
    return settings.model_copy(update={"database": DatabaseSettings(url=SecretStr(plain))})


@pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")
def test_the_documented_javascript_selects_the_span() -> None:
    (expression,) = re.findall(r"^\| JavaScript \| `([^`]*)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    text, span = "😭 so 😭 shaky", "shaky"
    start = text.index(span)
    code = f"const [text, start, end] = {json.dumps([text, start, start + len(span)])};"
    ended = subprocess.run(
        ["node", "-e", f"{code} process.stdout.write({expression})"],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.decode() == span
