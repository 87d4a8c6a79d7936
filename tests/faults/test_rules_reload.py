"""A rules file that becomes wrong and right again while posts flow: each alert once, by right rules."""

from __future__ import annotations

from pathlib import Path

from monitor.settings import Settings
from tests.faults.conftest import TANSU, FaultBroker
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.report import FaultReport
from tests.faults.stored_rows import stream_alerts
from tests.processes import RunningCommand, running, wait_for

WRONG = ('[[rule]]\nname = "cut off', '[[rule]]\nname = "x"\nwhen.drugg = "zoloft"\n')
"""Files that are refused: one that is not TOML, and one with an unknown condition."""

REFUSED, CHANGED = "rules refused", "rules changed"


def test_a_rules_file_that_becomes_wrong_and_right_again(
    each_broker: FaultBroker, on_broker: Settings, report: FaultReport, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    settings = _with_rules(on_broker, path)
    _replace(path, _rules_named("0"))
    with running(settings, tmp_path, "worker") as worker:
        with Load(settings, pause=0.3) as load:
            wait_for(lambda: stored_posts(settings) > 0, PATIENCE, watching=worker)
            for number, wrong in enumerate(WRONG, 1):
                _replace(path, wrong)
                _wait_for_event(worker, REFUSED, number)
                before = stored_posts(settings)
                wait_for(lambda before=before: stored_posts(settings) > before, PATIENCE, watching=worker)
                _replace(path, _rules_named(str(number)))
                _wait_for_event(worker, CHANGED, number)
            changed = load.count
            wait_for(lambda: stored_posts(settings) > changed, PATIENCE, watching=worker)
        recovery_s = load.wait_until_done(settings, worker)
        assert worker.stop() == 0, worker.output()
    damage = load.damage(settings)
    runs, fault = len(WRONG), "wrong rules, then right ones"
    report.add(fault, damage, broker=each_broker.name, runs=runs, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)
    rules_of = {int(alert["tweet_id"]): alert["rules"] for alert in stream_alerts(settings)}
    assert {tuple(rules) for rules in rules_of.values()} <= {(str(number),) for number in range(runs + 1)}
    assert rules_of[0] == ["0"]
    assert all(rules == [str(runs)] for tweet_id, rules in rules_of.items() if tweet_id >= changed)


def test_a_worker_that_starts_with_wrong_rules_ends_and_loses_nothing(
    migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    settings = _with_rules(migrated, path)
    _replace(path, WRONG[0])
    with Load(settings, pause=0.3) as load, running(settings, tmp_path, "worker") as refused:
        wait_for(lambda: refused.process.poll() is not None, PATIENCE)
    assert (refused.process.returncode or 0) > 0, refused.output()
    _replace(path, _rules_named("right"))
    with running(settings, tmp_path, "worker") as worker:
        recovery_s = load.wait_until_done(settings, worker)
        assert worker.stop() == 0, worker.output()
    damage = load.damage(settings)
    report.add("worker starts with wrong rules", damage, broker=TANSU, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)
    assert {tuple(alert["rules"]) for alert in stream_alerts(settings)} == {("right",)}


def _with_rules(settings: Settings, path: Path) -> Settings:
    alerts = settings.alerts.model_copy(update={"rules": path, "relay_interval": 0.3})
    return settings.model_copy(update={"alerts": alerts})


def _rules_named(name: str) -> str:
    """Return rules by which each post with an effect raises one alert."""
    return f'[[rule]]\nname = "{name}"\n'


def _replace(path: Path, content: str) -> None:
    """Replace a file in one step."""
    new = path.with_suffix(".new")
    new.write_text(content, encoding="utf-8")
    new.replace(path)


def _wait_for_event(worker: RunningCommand, event: str, count: int) -> None:
    wait_for(lambda: worker.output().count(event) >= count, PATIENCE, watching=worker)
