"""The options of `ade-monitor alerts follow`, and the line that shows an alert on a terminal."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from monitor.alerts import AlertPayload, RetractionPayload
from monitor.alerts.payload import MentionPayload
from monitor.cli.alerts import alert_line, retraction_line
from monitor.cli.app import app
from tests.monitor.alerts.payloads import payload


def alert(text: str, **other: Any) -> AlertPayload:
    return AlertPayload.model_validate(payload(text=text, **other), strict=False)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 300), st.integers(0, 300))
def test_any_tweet_becomes_one_line_without_escapes(text: str, start: int, end: int) -> None:
    mention = MentionPayload(start=start, end=end, text="", score=0.5)
    line = alert_line(alert(text, pt_name=text[:20]).model_copy(update={"mention": mention}))
    assert len(line.plain.splitlines()) <= 1
    assert "\x1b" not in line.plain


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_retraction_becomes_one_line_without_escapes(reason: str) -> None:
    content = {"alert_id": "0" * 32, "retracted_at": "2026-07-01T13:00:00Z", "reason": reason}
    line = retraction_line(RetractionPayload.model_validate(content, strict=False))
    assert len(line.plain.splitlines()) == 1
    assert "\x1b" not in line.plain


def test_the_span_is_highlighted() -> None:
    mention = {"start": 4, "end": 9, "text": "shaky", "score": 0.5}
    line = alert_line(alert("so\n\ashaky today", mention=mention))
    [highlight] = [span for span in line.spans if "red" in str(span.style)]
    assert line.plain[highlight.start : highlight.end] == "shaky"


def test_severity_and_drug_are_shown_without_control_characters() -> None:
    drug = {"name": "sertra\x1bline", "text": "zoloft", "score": 0.9, "place": "post"}
    line = alert_line(alert("shaky", severity="high", drug=drug)).plain
    assert "high" in line
    assert "sertra" in line
    assert "\x1b" not in line


def test_a_drug_without_a_letter_or_digit_is_refused() -> None:
    ended = CliRunner().invoke(app, ["alerts", "follow", "--drug", "!!"])
    assert ended.exit_code == 2
    assert "no letter and no digit" in ended.output
