"""The views for analysts: they are those of the code, readers may read them, and nobody sees an author."""

from __future__ import annotations

from monitor.findings import SERIOUS
from monitor.settings import Settings
from monitor.store import Store
from monitor.store.analyst_views import ANALYST_VIEWS
from monitor.store.label_import import LabelEffect, replace_label
from monitor.store.roles import READER
from tests.monitor.store.batches import Tables, linked_to, positive_tweet, write
from tests.monitor.store.logins import connected, login
from tests.monitor.store.test_roles import SERTRALINE

COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"


def test_the_views_are_those_of_the_code_and_have_no_authors(tables: Tables) -> None:
    for name, query in ANALYST_VIEWS.items():
        tables.run(f"CREATE VIEW built AS {query}")
        ((by_migrations, by_code),) = tables.rows(
            "SELECT pg_get_viewdef(%s::regclass), pg_get_viewdef('built'::regclass)", name
        )
        assert by_migrations == by_code
        tables.run("DROP VIEW built")
        columns = {column for (column,) in tables.rows(COLUMNS, name)}
        assert not columns & {"author_hash", "author_key_id", "text_digests", "url", "post_url", "author_id"}
    assert all(f"'{kind.value}'" in ANALYST_VIEWS["ade_cases"] for kind in SERIOUS)


async def test_a_reader_reads_all_of_them(store: Store, migrated: Settings) -> None:
    await write(store, [linked_to(SERTRALINE, positive_tweet())])
    with login(migrated, READER) as settings, connected(settings) as connection:
        for name in ANALYST_VIEWS:
            connection.execute(f"SELECT * FROM {name}")
        assert connection.execute("SELECT drug_name, post_count, is_serious FROM ade_cases").fetchall() == [
            ("sertraline", 1, False)
        ]


async def test_effects_have_what_labels_list_with_its_sentence(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_to(SERTRALINE, positive_tweet())])
    listed = "SELECT is_listed, label_sentence FROM ade_effects"
    assert tables.rows(listed) == [(None, None)]
    replace_label(migrated, "1", "sertraline", "text", [LabelEffect("1", "Nausea", "warnings", "Nausea.")])
    assert tables.rows(listed) == [(False, None)]
    replace_label(
        migrated, "2", "sertraline", "text", [LabelEffect("10044565", "Tremor", "warnings", "Tremor.")]
    )
    assert tables.rows(listed) == [(True, "Tremor.")]
