"""Alerts as they are published."""

from __future__ import annotations

from typing import Any


def payload(number: int = 0, **other: Any) -> dict[str, Any]:
    """Make the payload of alert `number`; the higher the number, the higher its id."""
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
