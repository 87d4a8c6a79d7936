"""`ade-monitor erase` and `ade-monitor compliance report`, as their users see them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from monitor.embedded import free_port
from monitor.records import ScoredPost
from monitor.settings import PrivacySettings, RedisSettings, Settings, StoreSettings
from monitor.store import Store
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import Tables, alert, negative_tweet, positive_tweet, write


@pytest.fixture
def filled(migrated: Settings) -> Settings:
    """Settings of a database with the posts 1 to 4 of one author; 1 to 3 have an alert each."""
    changes = {
        "privacy": PrivacySettings(author_key=SecretStr("key")),
        "store": StoreSettings(negatives="all"),
    }
    settings = migrated.model_copy(update=changes)
    posts = [positive_tweet("1"), positive_tweet("2"), positive_tweet("3"), negative_tweet("4")]
    alerts = [alert(f"{number:032x}", str(number)) for number in (1, 2, 3)]
    asyncio.run(_fill(settings, posts, alerts))
    return settings


async def _fill(settings: Settings, posts: list[ScoredPost], alerts: list) -> None:  # type: ignore[type-arg]
    store = Store(settings)
    await write(store, posts, alerts=alerts)
    await store.close()


def remaining(settings: Settings) -> list[str]:
    tables = Tables(settings)
    with tables.connection:
        rows = tables.rows("SELECT tweet_id FROM tweets WHERE erased_at IS NULL ORDER BY 1")
    return [tweet_id for (tweet_id,) in rows]


def test_a_post_is_erased_everywhere_and_audited(run: RunCommand, filled: Settings) -> None:
    run(filled, "erase", "--post", "98")  # which also publishes the alerts
    ended = run(filled, "erase", "--post", "1", "--post", "99", "--reason", "request 7")
    assert ended.status == 0, ended.err
    assert "posts made anonymous: 1" in ended.out
    assert "alerts retracted: 1" in ended.out
    assert "1 match nothing that is stored" in ended.err
    assert remaining(filled) == ["2", "3", "4"]
    tables = Tables(filled)
    with tables.connection:
        audit = tables.rows(
            "SELECT event, reason, source LIKE 'erase %', letters_done_at IS NOT NULL FROM compliance_events "
            "WHERE reason IS NOT NULL"
        )
        assert audit == [("erase", "request 7", True, True)] * 2
        assert tables.rows("SELECT count(*) FROM alert_outbox WHERE published_at IS NULL") == [(0,)]
    with redis.Redis.from_url(filled.redis.url.get_secret_value(), decode_responses=True) as client:
        content = str(client.xrange(filled.alerts.stream))
    assert f"{2:032x}" in content
    assert "retracted_at" in content


def test_all_posts_of_an_author_are_erased(run: RunCommand, filled: Settings) -> None:
    assert run(filled, "erase", "--author", "author 7").status == 0
    assert remaining(filled) == []


def test_without_an_author_key_the_user_is_told_what_cannot_be_matched(
    run: RunCommand, filled: Settings
) -> None:
    settings = filled.model_copy(update={"privacy": PrivacySettings()})
    ended = run(settings, "erase", "--author", "author 7")
    assert "ADE_PRIVACY__AUTHOR_KEY" in ended.err
    assert remaining(filled) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "content",
    [
        "1\n\n 3 \n",
        '# two posts\n1\n{"tombstone": {"id": "3"}}\n',
        '1\n[{"delete": {"status": {"id": 3, "id_str": "3", "user_id_str": "7"}}}]\n',
        '{"tombstone": {"event": "delete", "id": "1"}}\n{"tombstone": {"id": "3"}}\n',
        '[{"tombstone": {"id": "1"}}, {"tombstone": {"id": "3"}}]',
        '{"delete": {"status": {"id": 1, "id_str": "1", "user_id_str": "7"}}}\n'
        '{"delete": {"status": {"id": 3, "id_str": "3", "user_id_str": "7"}}}\n',
    ],
)
def test_a_file_has_ids_or_events_of_a_platform(
    run: RunCommand, filled: Settings, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "batch"
    file.write_text(content)
    ended = run(filled, "erase", "--file", str(file))
    assert ended.status == 0, ended.err
    assert remaining(filled) == ["2", "4"]


def test_a_file_of_authors(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    file = tmp_path / "authors.txt"
    file.write_text("author 7\n")
    assert run(filled, "erase", "--file", str(file), "--authors").status == 0
    assert remaining(filled) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# no ids\n",
        "1\n\x07\n",
        '1\n{"id": "3", "text": "a post"}\n',
        '1\n{"tombstone": \n',
        "1,spam\n",
        '"1"\n',
        '{"tombstone": {"id": "1"}}\n{"tombstone": {}}\n',
        '{"id": "1", "text": "a post"}\n',
    ],
)
def test_a_file_with_a_wrong_line_erases_nothing(
    run: RunCommand, filled: Settings, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "batch"
    file.write_text(content)
    ended = run(filled, "erase", "--file", str(file))
    assert ended.status == 1
    assert "Traceback" not in ended.err
    assert remaining(filled) == ["1", "2", "3", "4"]


def test_a_missing_file_and_no_selection_are_refused(run: RunCommand, filled: Settings) -> None:
    assert run(filled, "erase", "--file", "not-there").status == 1
    assert run(filled, "erase").status == 2
    assert run(filled, "erase", "--post", " ").status == 2


def test_a_dry_run_shows_what_would_change(run: RunCommand, filled: Settings) -> None:
    ended = run(filled, "erase", "--author", "author 7", "--dry-run")
    assert ended.status == 0
    assert "would apply" in ended.out
    assert "posts made anonymous: 4" in ended.out
    assert remaining(filled) == ["1", "2", "3", "4"]


def test_what_redis_could_not_do_is_left_to_a_worker(run: RunCommand, filled: Settings) -> None:
    away = RedisSettings(url=SecretStr(f"redis://127.0.0.1:{free_port()}/0"))
    ended = run(filled.model_copy(update={"redis": away}), "erase", "--post", "1")
    assert ended.status == 1
    assert "a worker will do it" in ended.err
    assert remaining(filled) == ["2", "3", "4"]
    assert "1 alerts wait" in run(filled, "compliance", "report").err.replace(
        "3 alerts wait", "1 alerts wait"
    )


def test_the_report_counts_events_and_shows_the_slowest(run: RunCommand, filled: Settings) -> None:
    assert "no compliance event" in run(filled, "compliance", "report").err
    run(filled, "erase", "--post", "1", "--post", "99")
    run(filled, "erase", "--author", "author 7")
    report = json.loads(run(filled, "compliance", "report", "--json").out)
    events = {event["event"]: event for event in report["events"]}
    assert (events["erase"]["events"], events["erase"]["without_match"]) == (2, 1)
    assert (events["user_erase"]["erased_posts"], events["user_erase"]["retracted_alerts"]) == (3, 2)
    assert report["waiting_letters"] == report["waiting_retractions"] == 0
    assert report["posts_without_author"] == 0
    table = run(filled, "compliance", "report").out
    assert "user_erase" in table
    assert (
        json.loads(run(filled, "compliance", "report", "--json", "--since", "2999-01-01").out)["events"] == []
    )
