"""Rules tried on stored effects: which alerts they would have raised, and what kept others away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.alerts.raising import alert_id_of
from monitor.alerts.rulebook import NO_KNOWLEDGE, AlertPlan, Knowledge, RuleBook, RuleDecision
from monitor.effect_reports import EffectReport


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What rules would have done with an effect.

    Attributes:
        report: the effect.
        decision: what the rules decided.
        plan: how the alert would have been raised, or None without an alert.
        waits_for: names of the rules whose cooldown kept them from raising it.
    """

    report: EffectReport
    decision: RuleDecision
    plan: AlertPlan | None
    waits_for: tuple[str, ...] = ()


class RuleTrial:
    """Asks rules about effects, oldest first, and counts the results.

    A cooldown counts from the time at which a post was posted, as if it had been read at that time.

    Attributes:
        effects: number of effects.
        copies: number of those in copies.
        improbable: number of those in posts below the minimum probability, about which no rule is asked.
        alerts: number of alerts.
        dropped: number of effects at which a `drop` rule ended the search, by the name of the rule.
        applied: number of effects to which a rule applied, by its name.
        raised: number of alerts that a rule raised, alone or with others, by its name.
        waited: number of effects for which the cooldown of a rule ran, by its name.

    Args:
        book: the rules.
        knowledge: what they look up.
        min_probability: minimum probability of a post that raises alerts.
    """

    def __init__(
        self, book: RuleBook, knowledge: Knowledge = NO_KNOWLEDGE, *, min_probability: float = 0.0
    ) -> None:
        self._book = book
        self._knowledge = knowledge
        self._min_probability = min_probability
        self._until: dict[str, datetime] = {}
        self.effects = self.copies = self.improbable = self.alerts = 0
        self.dropped: Counter[str] = Counter()
        self.applied: Counter[str] = Counter()
        self.raised: Counter[str] = Counter()
        self.waited: Counter[str] = Counter()

    def ask(self, report: EffectReport) -> TrialResult:
        """Return what the rules would have done with an effect, and count it."""
        self.effects += 1
        self.copies += report.copy_of is not None
        if report.scored.prediction.probability < self._min_probability:
            self.improbable += 1
            return TrialResult(report, RuleDecision(), None)
        decision = self._book.decide(report, self._knowledge)
        alert_id = alert_id_of(*report.key)
        at = report.scored.received.posted_at
        granted = set()
        for request in decision.cooldown_requests(report, alert_id):
            if self._until.get(request.key, at) <= at:
                self._until[request.key] = at + timedelta(seconds=request.seconds)
                granted.add((request.key, alert_id))
        plan = decision.plan(report, alert_id, granted)
        raising = plan.rules if plan else ()
        waits_for = tuple(rule.name for rule in decision.matches if rule.name not in raising)
        self.alerts += plan is not None
        self.applied.update(decision.applied)
        self.raised.update(raising)
        self.waited.update(waits_for)
        if decision.dropped_by:
            self.dropped[decision.dropped_by] += 1
        return TrialResult(report, decision, plan, waits_for)
