"""Alerts as CloudEvents 1.0 in JSON, for webhooks.

One alert is an event in structured mode, a digest is a batch. Source: CloudEvents core specification 1.0.2,
and its JSON event format. An envelope is a handful of keys, so no library is needed for it.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from monitor.alerts import AlertPayload
from monitor.notify.dispatch import Dispatch, RoutedEntry

EVENT: Final = "application/cloudevents+json; charset=utf-8"
BATCH: Final = "application/cloudevents-batch+json; charset=utf-8"

ALERT_TYPE: Final = "ade-monitor.alert.v1"
RETRACTION_TYPE: Final = "ade-monitor.retraction.v1"
TEST_TYPE: Final = "ade-monitor.test.v1"


def event_body(dispatch: Dispatch, stream: str) -> tuple[str, str]:
    """Return the content type and the JSON of a message.

    Args:
        dispatch: what is sent.
        stream: name of the Redis Stream, which becomes the source of the events.
    """
    if dispatch.is_test:
        return EVENT, _json(_test_event(dispatch, stream))
    events = [_event(entry, stream) for entry in dispatch.entries]
    return (EVENT, _json(events[0])) if dispatch.digest is None else (BATCH, _json(events))


def _event(entry: RoutedEntry, stream: str) -> dict[str, Any]:
    is_alert = isinstance(entry.item, AlertPayload)
    return {
        "specversion": "1.0",
        "id": entry.event_id,
        "source": _source(stream),
        "type": ALERT_TYPE if is_alert else RETRACTION_TYPE,
        "subject": entry.item.alert_id,
        "time": entry.changed_at.isoformat(),
        "datacontenttype": "application/json",
        "data": entry.content,
    }


def _test_event(dispatch: Dispatch, stream: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": dispatch.message_id,
        "source": _source(stream),
        "type": TEST_TYPE,
        "time": dispatch.created_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"route": dispatch.route, "message": "This is a test. It is not an alert."},
    }


def _source(stream: str) -> str:
    return f"/ade-monitor/{quote(stream, safe='')}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
