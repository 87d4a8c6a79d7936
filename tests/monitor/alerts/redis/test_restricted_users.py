"""The users of docs/alerts.md cannot do more than their work: readers cannot forge or remove alerts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from tests.monitor.alerts.payloads import STREAM, add_alerts

PAGE = (Path(__file__).parents[4] / "docs" / "alerts.md").read_text(encoding="utf-8")
CHANNEL = "ade:alerts"
FORGED_BY_SCRIPT = "return redis.call('XADD', KEYS[1], '*', 'alert', '{}')"
COMMON = (
    ("SET", "other", "x"),
    ("GET", "other"),
    ("FLUSHALL",),
    ("CONFIG", "SET", "maxmemory", "1"),
    ("ACL", "SETUSER", "ade-reader", "+@all"),
    ("KEYS", "*"),
    ("PUBLISH", "other", "x"),
    ("XADD", "other", "*", "alert", "{}"),
    ("MODULE", "LIST"),
)
FORBIDDEN = {
    "ade-worker": COMMON,
    "ade-reader": (
        *COMMON,
        ("XADD", STREAM, "*", "alert", "{}"),
        ("XDEL", STREAM, "1-0"),
        ("XTRIM", STREAM, "MAXLEN", "0"),
        ("DEL", STREAM),
        ("SET", f"{STREAM}:x", "x"),
        ("PUBLISH", CHANNEL, "{}"),
        ("EVAL", FORGED_BY_SCRIPT, "1", STREAM),
        ("XGROUP", "DESTROY", STREAM, "g"),
        ("XGROUP", "SETID", STREAM, "g", "0"),
    ),
}


@pytest.fixture
def users(redis_url: str) -> Iterator[dict[str, redis.Redis]]:
    """A client for each user of the page, on a server with one alert."""
    lines = re.findall(r"^ACL SETUSER (\S+) (.+)$", PAGE, re.MULTILINE)
    address = urlsplit(redis_url)
    with redis.Redis.from_url(redis_url, decode_responses=True) as admin:
        add_alerts(admin, [1])
        clients = {}
        for name, rules in lines:
            admin.execute_command("ACL", "SETUSER", name, *rules.split())
            password = re.search(r">(\S+)", rules)
            assert password
            clients[name] = redis.Redis(
                host=address.hostname or "", port=address.port or 0, username=name, password=password[1]
            )
        yield clients
        for name, client in clients.items():
            client.close()
            admin.execute_command("ACL", "DELUSER", name)


def test_the_page_has_both_users(users: dict[str, redis.Redis]) -> None:
    assert set(users) == set(FORBIDDEN)


@pytest.mark.parametrize(
    ("user", "command"), [(user, command) for user, commands in FORBIDDEN.items() for command in commands]
)
def test_a_user_cannot_do_more_than_its_work(
    users: dict[str, redis.Redis], redis_url: str, user: str, command: tuple[str, ...]
) -> None:
    with pytest.raises(redis.ResponseError, match=r"(?i)permission|ACL"):
        users[user].execute_command(*command)
    with redis.Redis.from_url(redis_url, decode_responses=True) as admin:
        assert admin.xlen(STREAM) == 1
