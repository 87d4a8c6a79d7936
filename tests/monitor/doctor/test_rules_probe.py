"""What `ade-monitor doctor` finds out about the rules file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.alerts.rulebook import RulesError
from monitor.doctor.checkup import ProbeResult
from monitor.doctor.rules_probe import probe_rules
from monitor.settings import AlertSettings, DatabaseSettings, Settings

RULE = "[[rule]]\nname = 'a'\n"


def probe(settings: Settings, folder: Path, text: str) -> ProbeResult:
    path = folder / "rules.toml"
    path.write_text(text)
    return probe_rules(settings.model_copy(update={"alerts": AlertSettings(rules=path)}))


def test_no_file_is_fine() -> None:
    assert probe_rules(Settings()).state == "ok"


def test_the_rules_are_counted(migrated: Settings, tmp_path: Path) -> None:
    result = probe(migrated, tmp_path, f"{RULE}[[rule]]\nname = 'b'")
    assert (result.state, "2 rules" in result.detail) == ("ok", True)


def test_a_wrong_file_is_refused_with_its_line(migrated: Settings, tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="line 3"):
        probe(migrated, tmp_path, f"{RULE}severity = 'x'")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"{RULE}when = {{ soc = 'Cardiac disorders' }}", "terminology"),
        (f"{RULE}not = {{ listedness = 'listed' }}", "label"),
        (f"{RULE}action = 'tag'\ntags = ['x']", "alert"),
    ],
)
def test_rules_that_do_nothing_are_a_hint(migrated: Settings, tmp_path: Path, text: str, word: str) -> None:
    result = probe(migrated, tmp_path, text)
    assert (result.state, word in result.detail, bool(result.advice)) == ("hint", True, True)


def test_the_file_is_checked_without_a_database(tmp_path: Path) -> None:
    away = Settings(database=DatabaseSettings(url=SecretStr("postgresql://ade@127.0.0.1:1/ade")))
    assert probe(away, tmp_path, RULE).state == "ok"
