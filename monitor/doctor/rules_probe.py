"""The probe of `ade-monitor doctor` for the rules file."""

from __future__ import annotations

from contextlib import suppress

from monitor.doctor.checkup import ProbeResult
from monitor.errors import MonitorError
from monitor.settings import Settings


def probe_rules(settings: Settings) -> ProbeResult:
    """Read the rules file, as a worker would, and count its rules.

    Raises:
        RulesError: it cannot be read, or something in it is wrong.
    """
    from monitor.alerts.knowledge_reading import load_knowledge
    from monitor.alerts.rulebook import NO_KNOWLEDGE, load_drug_names, read_rules

    path = settings.alerts.rules
    if path is None:
        return ProbeResult("ok", "no file (alerts.rules): each distinct effect raises one alert")
    knowledge = NO_KNOWLEDGE
    with suppress(MonitorError):  # the probe of the database reports it
        knowledge = load_knowledge(settings)
    book = read_rules(path, names=load_drug_names(settings.enrich), knowledge=knowledge)
    raising = sum(rule.action.raises for rule in book.rules)
    detail = f"{path}, {len(book.rules)} rules"
    if not raising:
        return ProbeResult(
            "hint", f"{detail}, none of which raises an alert", 'add a rule with action = "alert"'
        )
    if knowledge is not NO_KNOWLEDGE and (missing := book.lacks(knowledge)):
        return ProbeResult("hint", f"{detail}; {missing}", "import it, or remove these conditions")
    return ProbeResult("ok", detail)
