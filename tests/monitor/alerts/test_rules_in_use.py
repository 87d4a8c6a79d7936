"""A worker takes up a changed rules file, and keeps its rules if the new ones are wrong."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor import metrics
from monitor.alerts import rules_in_use
from monitor.alerts.rulebook import DEFAULT_RULES, Knowledge, RulesError
from monitor.alerts.rulebook.knowledge import KnownGroups
from monitor.alerts.rules_in_use import RulesInUse
from monitor.effect_reports import CopyKind, CopyOf
from monitor.settings import AlertSettings
from tests.monitor.alerts.relays import wait_until
from tests.monitor.alerts.rulebook.reports import NAMES, report, terminology

COPY = CopyOf("0", CopyKind.EXACT)
RULES = "[[rule]]\nname = '{name}'\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULES.format(name="first"))
    return path


def in_use(file: Path | None, **options: object) -> RulesInUse:
    return RulesInUse(AlertSettings(rules=file), NAMES, **options)  # type: ignore[arg-type]


def names(rules: RulesInUse) -> list[str]:
    return [rule.name for rule in rules.book.rules]


def reloads(outcome: str) -> float:
    return metrics.RULES_RELOADS.labels(outcome=outcome)._value.get()  # type: ignore[attr-defined]


def write_rule(file: Path, name: str) -> None:
    file.write_text(RULES.format(name=name))


def look_twice(rules: RulesInUse) -> None:
    rules.look()
    rules.look()


def test_a_changed_file_is_taken_up_when_it_stays_the_same(file: Path) -> None:
    rules = in_use(file)
    taken = reloads("taken")
    look_twice(rules)
    assert (names(rules), reloads("taken")) == (["first"], taken)
    file.write_text(RULES.format(name="second") + RULES.format(name="third"))
    rules.look()
    assert names(rules) == ["first"]
    rules.look()
    assert (names(rules), reloads("taken")) == (["second", "third"], taken + 1)
    assert metrics.RULES_LOADED._value.get() == 2  # type: ignore[attr-defined]
    look_twice(rules)
    assert reloads("taken") == taken + 1


@pytest.mark.parametrize("content", ["[[rule]]\nname = 5", "[[", None])
def test_a_wrong_file_leaves_the_rules_and_is_logged_once(file: Path, content: str | None) -> None:
    rules = in_use(file)
    refused = reloads("refused")
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    with capture_logs() as logs:
        for _ in range(4):
            rules.look()
    assert (names(rules), reloads("refused")) == (["first"], refused + 1)
    [entry] = logs
    assert (entry["log_level"], str(file) in entry["problem"]) == ("error", True)
    file.write_text(RULES.format(name="corrected"))
    look_twice(rules)
    assert names(rules) == ["corrected"]


def test_a_file_that_was_replaced_within_the_same_second_is_noticed(file: Path) -> None:
    rules = in_use(file)
    status = file.stat()
    other = file.with_name("other.toml")
    other.write_text(RULES.format(name="other"))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(file)
    look_twice(rules)
    assert names(rules) == ["other"]


async def test_the_task_looks_again_and_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_in_use, "LOOK_INTERVAL", 0.01)
    rules = in_use(file)
    write_rule(file, "next one")
    task = asyncio.create_task(rules.run())
    await wait_until(lambda: names(rules) == ["next one"])
    task.cancel()


async def test_without_a_file_the_default_rules_stay() -> None:
    rules = in_use(None)
    await rules.run()
    assert rules.book is DEFAULT_RULES


def test_a_wrong_file_at_the_start_is_an_error(file: Path) -> None:
    file.write_text("[[rule]]")
    with pytest.raises(RulesError, match="name"):
        in_use(file)


def test_a_batch_keeps_the_rules_that_it_began_with(file: Path) -> None:
    rules = in_use(file)
    decide = rules.alert_rules("b1")
    file.write_text(RULES.format(name="second"))
    look_twice(rules)
    for decision, name in ((decide, "first"), (rules.alert_rules("b1"), "second")):
        [alert] = decision([report()]).alerts(frozenset())
        assert alert.payload["rules"] == [name]


@pytest.mark.parametrize(("key", "value"), [("soc", "Cardiac disorders"), ("pt", "99999999")])
def test_a_term_that_the_terminology_lacks_is_a_warning(file: Path, key: str, value: str) -> None:
    file.write_text(f"[[rule]]\nname = 'heart'\nwhen = {{ {key} = '{value}' }}\n[[rule]]\nname = 'all'")
    with capture_logs() as logs:
        rules = in_use(file, knowledge=terminology)
    [entry] = logs
    assert (entry["log_level"], value in entry["problem"]) == ("warning", True)
    [alert] = rules.alert_rules("b1")([report()]).alerts(frozenset())
    assert alert.payload["rules"] == ["all"]


def test_rules_that_fail_raise_an_alert_without_them(file: Path) -> None:
    def fail(_: str) -> KnownGroups:
        raise RuntimeError("a fault of ours")

    file.write_text("[[rule]]\nname = 'a'\nwhen = { drug = 'sertraline', ime = true }")
    rules = in_use(file, knowledge=lambda: Knowledge(fail))
    failures = metrics.RULES_FAILED._value.get()  # type: ignore[attr-defined]
    effects = [report(), report("fluoxetine", tweet_id="2"), report(tweet_id="3", copy_of=COPY)]
    with capture_logs() as logs:
        [alert] = rules.alert_rules("b1")(effects).alerts(frozenset())
    assert (alert.tweet_id, alert.payload["rules"]) == ("1", ["default"])
    assert [entry["log_level"] for entry in logs] == ["error", "error"]
    assert metrics.RULES_FAILED._value.get() == failures + 2  # type: ignore[attr-defined]


def test_rules_look_up_what_is_known_now(file: Path) -> None:
    file.write_text("[[rule]]\nname = 'skin'\nwhen = { soc = 'nervous system disorders' }")
    known = [Knowledge()]
    with capture_logs() as logs:
        rules = in_use(file, knowledge=lambda: known[0])
    assert [entry["event"] for entry in logs] == ["some rules never apply"]
    assert not rules.alert_rules("b1")([report()]).alerts(frozenset())
    known[0] = terminology()
    [alert] = rules.alert_rules("b1")([report()]).alerts(frozenset())
    assert alert.payload["listedness"] == "unlisted"
