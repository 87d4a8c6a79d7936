"""Alerts as text for people: the subject, the plain text and the HTML of a message.

The subject never has words of the post, because it shows on locked screens and in the logs of mail servers.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from models.terminal import terminal_safe
from monitor.alerts import AlertPayload, RetractionPayload
from monitor.notify.dispatch import Dispatch

UNCODED: Final = "effect without a code"
"""Instead of the words of an uncoded mention, where no words of the post may be."""

MOST_LISTED: Final = 3
"""Effects that the subject of a digest names."""


def subject_of(dispatch: Dispatch) -> str:
    """Return the subject, on one line."""
    if dispatch.is_test:
        return f"[test] ade-monitor reaches route {dispatch.route}"
    if dispatch.retractions:
        return f"ADE alert retracted: {dispatch.retractions[0].alert_id}"
    alerts = dispatch.alerts
    if dispatch.digest is None:
        severity = f" [{alerts[0].severity}]" if alerts[0].severity else ""
        return _one_line(f"ADE alert{severity}: {_pair(alerts[0])}")
    pairs = Counter(map(_pair, alerts))
    named = [pair if count == 1 else f"{pair} ({count})" for pair, count in pairs.most_common(MOST_LISTED)]
    rest = len(pairs) - len(named)
    more = f" and {rest} more" if rest else ""
    noun = "alert" if len(alerts) == 1 else "alerts"
    return _one_line(f"ADE {dispatch.digest} digest, {len(alerts)} {noun}: {'; '.join(named)}{more}")


def message_text(dispatch: Dispatch, *, include_text: bool, time_zone: str) -> str:
    """Return the body as plain text.

    Args:
        dispatch: what is sent.
        include_text: write the posts, too.
        time_zone: of the times.
    """
    if dispatch.is_test:
        return f"This is a test of route {dispatch.route}. It is not an alert.\n"
    zone = ZoneInfo(time_zone)
    blocks = ["\n".join(_lines(item, include_text, zone)) for item in _items(dispatch)]
    return "\n\n".join(blocks) + "\n"


def message_html(dispatch: Dispatch, *, include_text: bool, time_zone: str) -> str:
    """Return the body as HTML; the arguments are those of `message_text`."""
    if dispatch.is_test:
        return _page(f"<p>{escape(message_text(dispatch, include_text=False, time_zone=time_zone))}</p>")
    zone = ZoneInfo(time_zone)
    blocks = []
    for item in _items(dispatch):
        title, *lines = _lines(item, include_text, zone)
        url = item.url if isinstance(item, AlertPayload) else None
        shown = [
            f'<a href="{escape(line)}">{escape(line)}</a>' if line == url and _is_web(url) else escape(line)
            for line in lines
        ]
        blocks.append(f"<h3>{escape(title)}</h3>\n<p>{'<br>'.join(shown)}</p>")
    return _page("\n".join(blocks))


def _items(dispatch: Dispatch) -> list[AlertPayload | RetractionPayload]:
    return [entry.item for entry in dispatch.entries]


def _lines(item: AlertPayload | RetractionPayload, include_text: bool, zone: ZoneInfo) -> list[str]:
    """Return the lines about an alert or a retraction; the first one is its title."""
    if isinstance(item, RetractionPayload):
        when = _time(item.retracted_at, zone)
        return [
            f"Retracted: alert {item.alert_id}",
            f"reason: {_one_line(item.reason)}, {when}",
            "Delete what you have stored of this alert.",
        ]
    lines = [_pair(item), ", ".join(_facts(item)), f"{_time(item.posted_at, zone)}, post {item.tweet_id}"]
    if include_text:
        lines += [f"effect: “{_one_line(item.mention.text)}”", f"post: “{_one_line(item.text)}”"]
    if item.listed_sentence and include_text:
        lines.append(f"label: {_one_line(item.listed_sentence)}")
    if item.url:
        lines.append(_one_line(item.url))
    lines.append(f"alert {item.alert_id}")
    return [_one_line(line) for line in lines if line]


def _facts(alert: AlertPayload) -> list[str]:
    """Return what is known about an alert, in few words each."""
    facts = [f"severity {alert.severity}"] if alert.severity else []
    facts += ["serious"] if alert.serious else []
    facts += [alert.listedness] if alert.listedness else []
    facts += [f"probability {alert.probability:.2f}"]
    facts += [f"PT {alert.ptid}"] if alert.ptid else []
    facts += [f"case {alert.case_id}"] if alert.case_id else []
    facts += [f"rules {', '.join(alert.rules)}"] if alert.rules else []
    facts += [f"tags {', '.join(alert.tags)}"] if alert.tags else []
    return facts


def _pair(alert: AlertPayload) -> str:
    """Return the effect and the drug, without words of the post."""
    effect = alert.pt_name or (f"PT {alert.ptid}" if alert.ptid else UNCODED)
    return f"{effect}, {alert.drug.name}" if alert.drug else effect


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def _one_line(text: str) -> str:
    return " ".join(terminal_safe(text).split())


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _page(body: str) -> str:
    head = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"></head>'
    return f"{head}<body>\n{body}\n</body></html>\n"
