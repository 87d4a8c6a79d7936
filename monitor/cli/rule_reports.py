"""The results of `ade-monitor rules test`: what rules would have done, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from monitor.cli.alerts import SEVERITY_STYLES
from monitor.cli.console import (
    CODE_WIDTH,
    add_row,
    highlighted,
    new_table,
    print_line,
    print_note,
    print_table,
)

if TYPE_CHECKING:
    from monitor.alerts.rule_trial import RuleTrial, TrialResult
    from monitor.alerts.rulebook import RuleBook, RuleExplanation
    from monitor.effect_reports import EffectReport


def show_trial(book: RuleBook, trial: RuleTrial, newest: list[TrialResult]) -> None:
    """Print the newest alerts, and the counts of each rule."""
    if newest:
        table = new_table("posted (UTC)", "severity", "drug", "effect", "rules", "post", expand=True)
        table.columns[0].no_wrap = True
        table.columns[3].min_width = CODE_WIDTH
        table.columns[5].ratio = 1
        for result in newest:
            _add_alert(table, result)
        print_table(table)
        if trial.alerts > len(newest):
            print_note(
                f"only the newest {len(newest)} of {trial.alerts:,} alerts are shown: --limit shows more"
            )
    counts = new_table("rule", "action", "applies to", "alerts", "in cooldown")
    for column in counts.columns[2:]:
        column.justify = "right"
    for rule in book.rules:
        raised = f"{trial.raised[rule.name]:,}" if rule.action.raises else ""
        waited = f"{trial.waited[rule.name]:,}" if rule.cooldown else ""
        add_row(counts, rule.name, rule.action.value, f"{trial.applied[rule.name]:,}", raised, waited)
    print_table(counts)
    print_line(
        f"{trial.effects:,} effects ({trial.copies:,} in copies): {trial.alerts:,} alerts, "
        f"{trial.dropped.total():,} dropped"
    )
    if trial.improbable:
        print_note(
            f"{trial.improbable:,} effects are below alerts.min_probability, and no rule is asked about them"
        )
    if not trial.effects:
        print_note("no effect in the database is from this time: choose an earlier --since")
    if any(rule.cooldown and rule.cooldown_by == "author" for rule in book.rules):
        print_note("cooldowns by author are not tried: the database has no ids of authors")


def _add_alert(table: Any, result: TrialResult) -> None:
    assert result.plan is not None  # noqa: S101 - only alerts are shown
    report, severity = result.report, result.plan.severity or ""
    span = (report.mention.start, report.mention.end)
    add_row(
        table,
        f"{report.scored.received.posted_at:%Y-%m-%d %H:%M}",
        Text(severity, style=SEVERITY_STYLES.get(severity, "")),
        report.drug.drug.drug if report.drug else "",
        _effect(report),
        ", ".join(result.plan.rules),
        highlighted(report.scored.received.post.text, span, style="bold reverse"),
    )


def trial_record(book: RuleBook, trial: RuleTrial, newest: list[TrialResult]) -> dict[str, Any]:
    """Return the counts of each rule and the newest alerts, for JSON."""
    return {
        "effects": trial.effects,
        "copies": trial.copies,
        "improbable": trial.improbable,
        "alerts": trial.alerts,
        "dropped": trial.dropped.total(),
        "rules": [
            {
                "name": rule.name,
                "applied": trial.applied[rule.name],
                "alerts": trial.raised[rule.name],
                "in_cooldown": trial.waited[rule.name],
            }
            for rule in book.rules
        ],
        "newest": [_alert_record(result) for result in newest],
    }


def _alert_record(result: TrialResult) -> dict[str, Any]:
    assert result.plan is not None  # noqa: S101 - only alerts are shown
    report, plan = result.report, result.plan
    return {
        "tweet_id": report.key[0],
        "posted_at": report.scored.received.posted_at.isoformat(),
        **_effect_record(report),
        "rules": list(plan.rules),
        "severity": plan.severity,
        "routes": list(plan.routes),
        "delivery": plan.delivery.value,
        "tags": list(result.decision.tags),
    }


def _effect_record(report: EffectReport) -> dict[str, Any]:
    return {
        "effect": report.effect,
        "ptid": report.mention.ptid,
        "pt_name": report.mention.pt_name,
        "span": report.mention.text,
        "drug": report.drug.drug.drug if report.drug else None,
        "is_copy": report.copy_of is not None,
    }


def explained_record(result: TrialResult, explanations: list[RuleExplanation]) -> dict[str, Any]:
    """Return for an effect why each rule applies or not, for JSON."""
    return {
        "tweet_id": result.report.key[0],
        **_effect_record(result.report),
        "alert": None if result.plan is None else _alert_record(result),
        "tags": list(result.decision.tags),
        "rules": [
            {
                "name": explanation.rule.name,
                "applies": explanation.applies,
                "reached": explanation.reached,
                "failed": list(explanation.failed),
            }
            for explanation in explanations
        ],
    }


def show_explanation(result: TrialResult, explanations: list[RuleExplanation], minimum: float) -> None:
    """Print for an effect why each rule applies or not, and what comes out.

    Args:
        result: what the rules would have done.
        explanations: why each of them applies or not.
        minimum: minimum probability of a post that raises alerts.
    """
    report = result.report
    drug = report.drug.drug.drug if report.drug else "no drug"
    print_line(Text.assemble((_effect(report), "bold"), f'  "{report.mention.text}", {drug}'))
    for explanation in explanations:
        rule = explanation.rule
        if not explanation.reached:
            print_line(Text(f"  –    {rule.name}: an earlier rule drops the effect", style="dim"))
        elif explanation.applies:
            print_line(Text.assemble(("  yes  ", "green"), f"{rule.name}: {rule.then}"))
        else:
            print_line(Text.assemble(("  no   ", "yellow"), f"{rule.name}: {'; '.join(explanation.failed)}"))
    print_line(f"  → {_outcome(result, minimum)}")


def _outcome(result: TrialResult, minimum: float) -> str:
    """Return in words what happens with an effect."""
    tags = f", tags {', '.join(result.decision.tags)}" if result.decision.tags else ""
    probability = result.report.scored.prediction.probability
    if probability < minimum:
        return f"no alert: probability {probability:.3g} is below alerts.min_probability ({minimum:g})"
    if result.plan is None:
        dropped = result.decision.dropped_by
        return f'no alert: the rule "{dropped}" drops it' if dropped else f"no alert{tags}"
    plan = result.plan
    parts = [plan.severity, plan.delivery.value, *(f"to {route}" for route in plan.routes)]
    waits = any(rule.cooldown for rule in result.decision.matches)
    return f"alert: {', '.join(part for part in parts if part)}{tags}" + (
        " (unless its cooldown runs)" if waits else ""
    )


def _effect(report: EffectReport) -> str:
    return report.mention.pt_name or report.mention.ptid or "uncoded"
