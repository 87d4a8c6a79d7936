"""Redis: is it there, may we write, and will it keep the alerts?"""

from __future__ import annotations

import secrets

import redis

from monitor.alerts.redis.connection import connect, explained, place_of
from monitor.doctor.checkup import Finding
from monitor.settings import RedisSettings


def probe_redis(settings: RedisSettings) -> Finding:
    """Write a key and take it away again, and look at what Redis does when it restarts or is full.

    Raises:
        MonitorError: it does not answer, or refuses the login or the write.
    """
    place = place_of(settings)
    with connect(settings) as client:
        key = f"ade:doctor:{secrets.token_hex(4)}"
        try:
            client.set(key, "1", ex=10)
            client.delete(key)
        except redis.RedisError as error:
            raise explained(error, place) from None
        hints = _hints(client)
    if hints:
        return Finding(
            "hint", f"{place}; {', '.join(what for what, _ in hints)}", "; ".join(m for _, m in hints)
        )
    return Finding("ok", f"{place}, writable")


def _hints(client: redis.Redis) -> list[tuple[str, str]]:
    try:
        config = client.config_get("appendonly", "maxmemory-policy")
    except redis.RedisError:
        return []  # hosted servers hide their configuration
    hints = []
    if config.get("appendonly") != "yes":
        hints.append(("it may forget the last alerts when it restarts", "CONFIG SET appendonly yes"))
    if config.get("maxmemory-policy", "noeviction") != "noeviction":
        hints.append(
            (
                f"it drops keys when it is full ({config['maxmemory-policy']})",
                "CONFIG SET maxmemory-policy noeviction",
            )
        )
    return hints
