"""The options of `ade-monitor alerts follow`, and the line that shows an alert on a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from typer.testing import CliRunner

from monitor.alerts import AlertPayload, RetractionPayload
from monitor.alerts.payload import MentionPayload
from monitor.cli.alerts import _require_known_pts, alert_line, retraction_line
from monitor.cli.app import app
from monitor.embedded import free_port
from monitor.settings import DatabaseSettings, Settings
from tests.monitor.alerts.payloads import payload
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.conftest import migrated

__all__ = ["migrated"]  # a database alone: no broker is needed here


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


def test_an_unknown_pt_is_refused_with_names_that_may_be_meant(run: RunCommand, migrated: Settings) -> None:
    ended = run(migrated, "alerts", "follow", "--pt", "Nausia")
    assert ended.status == 2
    assert "Nausea" in ended.err


def test_without_a_database_a_pt_is_not_checked(
    migrated: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    url = SecretStr(f"postgresql://127.0.0.1:{free_port()}/nothing")
    away = migrated.model_copy(update={"database": DatabaseSettings(url=url)})
    _require_known_pts(away, ["Nausea", "Nausia"])
    assert "'Nausia' was not checked" in capsys.readouterr().err
