"""`ade-monitor rules`: show the rules of a file, and try them on stored posts."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from models.terminal import terminal_safe
from monitor.cli.console import add_row, new_table, print_json, print_note, print_table
from monitor.cli.options import parse_time, settings_of
from monitor.cli.rule_files import names_untried, read_chosen_rules
from monitor.cli.rule_reports import explained_record, show_explanation, show_trial, trial_record
from monitor.errors import MonitorError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.alerts.rule_trial import TrialResult
    from monitor.alerts.rulebook import AlertRule, Knowledge, RuleBook
    from monitor.settings import Settings

RulesFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="Rules file (setting alerts.rules).", show_default=False),
]

_MOST_NAMED: Final = 5

rules_app = typer.Typer(help="Show and try the rules of alerts.", no_args_is_help=True)


@rules_app.callback()
def rules_group() -> None:
    """Show and try the rules of alerts."""


@rules_app.command("list")
def list_command(
    context: typer.Context,
    file: RulesFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each rule.")] = False,
) -> None:
    """Check a rules file, and show its rules in the order in which they are read."""
    settings = settings_of(context)
    book = _read(settings, file, _known(settings, file))
    _note_unchecked(settings, file, book)
    if as_json:
        for number, rule in enumerate(book.rules, 1):
            print_json({"number": number, **_record(rule)})
        return
    table = new_table("", "rule", "when", "action", "route")
    for number, rule in enumerate(book.rules, 1):
        add_row(table, str(number), rule.name, rule.when, rule.then, ", ".join(rule.routes))
    print_table(table)
    if file is None and settings.alerts.rules is None:
        print_note("no rules file is set (alerts.rules): these are the default rules")


@rules_app.command("test")
def test_command(
    context: typer.Context,
    file: RulesFile = None,
    since: Annotated[
        str, typer.Option(metavar="WHEN", help="Posted at or after: 2026-03-14, 2026-03-14T09:26Z, 24h, 7d.")
    ] = "7d",
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Posted before; a date alone is its midnight in UTC.")
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="POST_ID", help="Show for one post why each rule applies or not."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, max=10_000, help="Show the newest N alerts.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show which alerts rules would have raised for stored posts. Nothing is changed or sent.

    Example: [bold]ade-monitor rules test rules.toml --since 7d[/]
    """
    from monitor.alerts.knowledge_reading import load_knowledge
    from monitor.alerts.rule_trial import RuleTrial
    from monitor.store.stored_reports import stored_reports

    settings = settings_of(context)
    knowledge = load_knowledge(settings)
    book = _read(settings, file, knowledge)
    if explain is not None:
        _explain(settings, book, knowledge, explain, as_json=as_json)
        return
    if untried := names_untried(book):
        print_note(
            f"the cooldowns by author are not tried, because stored posts show no authors: {_some(untried)}"
        )
    trial = RuleTrial(book, knowledge, min_probability=settings.alerts.min_probability)
    newest: deque[TrialResult] = deque(maxlen=limit)
    start, end = parse_time(since, "--since"), parse_time(until, "--until")
    for stored in stored_reports(settings, since=start, until=end, oldest_first=True):
        result = trial.ask(stored.report)
        if result.plan is not None:
            newest.append(result)
    if as_json:
        print_json(trial_record(book, trial, list(reversed(newest))))
    else:
        show_trial(book, trial, list(reversed(newest)))


def _read(settings: Settings, file: Path | None, knowledge: Knowledge) -> RuleBook:
    """Return the rules that were chosen, and print a note if they ask for what the database does not have.

    Raises:
        RulesError: the file is wrong.
    """
    from monitor.alerts.rulebook import NO_KNOWLEDGE

    book = read_chosen_rules(settings, knowledge, file=file)
    if knowledge is not NO_KNOWLEDGE and (missing := book.lacks(knowledge)):
        print_note(missing)
    return book


def _known(settings: Settings, file: Path | None) -> Knowledge:
    """Return what the rules of a file look up in the database, or nothing without a file or a database."""
    from monitor.alerts.knowledge_reading import load_knowledge
    from monitor.alerts.rulebook import NO_KNOWLEDGE

    if file is None and settings.alerts.rules is None:
        return NO_KNOWLEDGE
    try:
        return load_knowledge(settings)
    except MonitorError as error:
        print_note(f"groups of effects are not checked: {error.fact}")
        return NO_KNOWLEDGE


def _note_unchecked(settings: Settings, file: Path | None, book: RuleBook) -> None:
    """Print what the check of a rules file cannot find, and whose alerts stay where they are."""
    if book.pt_names:
        print_note(
            f"PT names are not checked, because the database has no list of them: {_some(book.pt_names)}. "
            "A code is safer"
        )
    path = file or settings.alerts.rules
    if path is not None and book.without_route:
        print_note(
            f"`ade-monitor notify` does not send the alerts of {_some(book.without_route)}: "
            f"no route is named there, and {path} has no [route.default]"
        )


def _some(names: Sequence[str]) -> str:
    """Return the first names of many."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return terminal_safe(", ".join(names[:_MOST_NAMED])) + more


def _record(rule: AlertRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "when": [condition.words for condition in rule.conditions],
        "action": rule.action.value,
        "delivery": rule.delivery.value if rule.action.raises else None,
        "severity": rule.severity,
        "routes": list(rule.routes),
        "tags": list(rule.tags),
        "cooldown_s": rule.cooldown,
        "cooldown_by": rule.cooldown_by.value if rule.cooldown else None,
        "quiet_hours": rule.quiet_hours.record() if rule.quiet_hours else None,
        "line": rule.line,
    }


def _explain(
    settings: Settings, book: RuleBook, knowledge: Knowledge, tweet_id: str, *, as_json: bool
) -> None:
    """Show for each effect of a post and each rule whether it applies, and which conditions fail.

    Raises:
        SettingsError: the database has no such post with an effect.
    """
    from monitor.alerts.rule_trial import RuleTrial
    from monitor.store.stored_reports import stored_reports

    reports = [stored.report for stored in stored_reports(settings, tweet_id=tweet_id)]
    if not reports:
        raise SettingsError(
            f"the database has no effect of a post '{terminal_safe(tweet_id)}'",
            "`ade-monitor query --json` shows the tweet_id of each post",
        )
    minimum = settings.alerts.min_probability
    for report in reports:
        result = RuleTrial(book, knowledge, min_probability=minimum).ask(report)
        explanations = book.explain(report, knowledge)
        if as_json:
            print_json(explained_record(result, explanations))
        else:
            show_explanation(result, explanations, minimum)
