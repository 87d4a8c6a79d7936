"""A trial counts what rules would have done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from monitor.alerts.rule_trial import RuleTrial
from monitor.alerts.rulebook import DEFAULT_RULES
from monitor.effect_reports import CopyKind, CopyOf
from tests.monitor.alerts.rulebook.reports import NOON, book_of, report

RULES = """
[[rule]]
name = "spam"
action = "drop"
when = { source = "reddit" }
[[rule]]
name = "all"
cooldown = "6h"
[[rule]]
name = "tag"
action = "tag"
tags = ["seen"]
"""


def test_a_trial_counts_alerts_cooldowns_and_drops(tmp_path: Path) -> None:
    trial = RuleTrial(book_of(tmp_path, RULES), min_probability=0.5)
    hours = [timedelta(hours=number) for number in (0, 3, 6)]
    first, second, third = (trial.ask(report(tweet_id=str(at), at=NOON + at)) for at in hours)
    assert first.plan is not None
    assert (second.plan, second.waits_for) == (None, ("all",))
    assert third.plan is not None
    trial.ask(report(platform="reddit"))
    trial.ask(report(probability=0.4))
    trial.ask(report("fluoxetine", copy_of=CopyOf("0", CopyKind.EXACT)))
    assert (trial.effects, trial.copies, trial.improbable, trial.alerts) == (6, 1, 1, 2)
    assert dict(trial.applied) == {"spam": 1, "all": 3, "tag": 4}
    assert (dict(trial.raised), dict(trial.waited), dict(trial.dropped)) == (
        {"all": 2},
        {"all": 1},
        {"spam": 1},
    )


def test_the_default_rules_raise_an_alert_for_each_first_post() -> None:
    trial = RuleTrial(DEFAULT_RULES)
    assert trial.ask(report()).plan is not None
    assert trial.ask(report(copy_of=CopyOf("0", CopyKind.REPOST))).plan is None
