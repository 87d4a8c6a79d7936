"""Payloads of alerts and retractions, and how to add them to the stream."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import redis

STREAM = "ade:alerts"


def payload(number: int = 0, **other: Any) -> dict[str, Any]:
    """Return the payload of alert `number`; the higher the number, the higher its id."""
    text = "day 3 on #Zoloft and i can't stop shaking"
    return {
        "alert_id": f"{number:032x}",
        "tweet_id": str(1000 + number),
        "posted_at": "2026-07-01T12:00:00Z",
        "text": text,
        "probability": 0.93,
        "mention": {"start": 34, "end": 41, "text": text[34:41], "score": 0.8},
        "ptid": "10044565",
        "pt_name": "Tremor",
        "pt_score": 0.7,
        "bundle": "b1",
        "detected_at": "2026-07-01T12:00:01Z",
        **other,
    }


def add_alerts(client: redis.Redis, numbers: Iterable[int], **other: Any) -> None:
    """Add alerts to the stream, each with these fields changed."""
    for number in numbers:
        alert = payload(number, **other)
        client.xadd(STREAM, {"alert_id": alert["alert_id"], "alert": json.dumps(alert)})


def retraction(number: int = 0, *, reason: str = "deleted") -> dict[str, Any]:
    """Return the payload of the retraction of alert `number`."""
    return {
        "alert_id": payload(number)["alert_id"],
        "retracted_at": "2026-07-01T13:00:00Z",
        "reason": reason,
    }


def retract_alerts(client: redis.Redis, numbers: Iterable[int]) -> None:
    """Remove alerts from the stream, and add their retractions, as the publisher does."""
    for number in numbers:
        content = retraction(number)
        for entry_id, fields in client.xrange(STREAM):  # type: ignore[union-attr]
            if fields["alert_id"] == content["alert_id"]:
                client.xdel(STREAM, entry_id)
        client.xadd(STREAM, {"alert_id": content["alert_id"], "retracted": json.dumps(content)})


def pending_alerts(client: redis.Redis) -> int:
    """Return how many alerts the group "g" has read and not acknowledged."""
    return int(client.xpending(STREAM, "g")["pending"])  # type: ignore[index]
