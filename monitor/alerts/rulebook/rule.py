"""A rule, ready to be asked, and what the rules decided about an effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from monitor.alerts.rulebook.actions import (
    DELIVERIES,
    SEVERITIES,
    Action,
    AlertDelivery,
    CooldownBy,
    Severity,
)
from monitor.alerts.rulebook.conditions import Condition
from monitor.alerts.rulebook.durations import QuietHours, duration_in_words
from monitor.effect_reports import EffectReport
from monitor.store.cooldowns import CooldownRequest

HashAuthor = Callable[[str | None], str | None]
"""Returns a keyed hash of an author's id, or None without an author or without a key."""

NO_DRUG: Final = ""
"""The drug in the key of a cooldown for effects without a drug."""


def no_author(_: str | None) -> None:
    """Return no hash: cooldowns by author do not apply."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule of the file.

    Attributes:
        name: its name.
        conditions: all of them must hold, the cheapest first.
        action: what it does.
        delivery: when its alerts are delivered.
        tags: what it writes to the mention and the alert.
        severity: how much its alerts matter, or None.
        routes: names of the routes of its alerts.
        cooldown: seconds for which an alert keeps others away, or None.
        cooldown_by: which others.
        quiet_hours: when its alerts wait, or None.
        line: line of its header in the file, or None.
    """

    name: str
    conditions: tuple[Condition, ...] = ()
    action: Action = Action.ALERT
    delivery: AlertDelivery = AlertDelivery.IMMEDIATE
    tags: tuple[str, ...] = ()
    severity: Severity | None = None
    routes: tuple[str, ...] = ()
    cooldown: int | None = None
    cooldown_by: CooldownBy = CooldownBy.PAIR
    quiet_hours: QuietHours | None = None
    line: int | None = None

    @property
    def when(self) -> str:
        """The conditions in words."""
        return "; ".join(condition.words for condition in self.conditions) or "every effect"

    @property
    def then(self) -> str:
        """The action in words: "alert, high, not again for 6h by pair"."""
        parts = [self.action.value if self.action is not Action.DIGEST else f"{self.delivery.value} digest"]
        if self.severity:
            parts.append(self.severity.value)
        if self.tags:
            parts.append(f"tags {', '.join(self.tags)}")
        if self.cooldown:
            parts.append(f"not again for {duration_in_words(self.cooldown)} by {self.cooldown_by.value}")
        if self.quiet_hours:
            parts.append(f"quiet {self.quiet_hours}")
        return ", ".join(parts)

    def cooldown_key(self, report: EffectReport, hash_author: HashAuthor) -> str | None:
        """Return the key of the cooldown that an alert about this effect needs, 32 hexadecimal digits.

        It is a digest, because words of a post are not kept here; of an author, only the keyed hash is in it.
        None if the rule has no cooldown, or if it is by author and there is no hash of one.
        """
        if self.cooldown is None:
            return None
        drug = report.drug.drug.drug if report.drug else NO_DRUG
        match self.cooldown_by:
            case CooldownBy.RULE:
                about: tuple[str, ...] = ()
            case CooldownBy.DRUG:
                about = (drug,)
            case CooldownBy.EFFECT:
                about = (report.effect,)
            case CooldownBy.PAIR:
                about = (drug, report.effect)
            case CooldownBy.AUTHOR:
                author = hash_author(report.scored.received.post.author_id)
                if author is None:
                    return None
                about = (author,)
        content = "\0".join((self.name, self.cooldown_by.value, *about))
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """How an alert is raised.

    Attributes:
        rules: names of the rules that raise it, in the order of the file.
        severity: the highest of theirs, or None if none has one.
        routes: all of theirs.
        delivery: the soonest of theirs.
        quiet_hours: those of the first rule with this delivery, if every rule with this delivery has some.
    """

    rules: tuple[str, ...]
    severity: Severity | None
    routes: tuple[str, ...]
    delivery: AlertDelivery
    quiet_hours: QuietHours | None


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """What the rules decided about an effect, before cooldowns.

    Attributes:
        matches: the rules that would raise an alert, in the order of the file.
        tags: the tags of all rules that apply.
        applied: names of all rules that apply, in the order of the file.
        dropped_by: name of the `drop` rule that ended the search, or None.
        listedness: whether the labels of the drug list the effect, as in the alert; None if it is not known.
        listed_sentence: the sentence of the label, or None.
    """

    matches: tuple[AlertRule, ...] = ()
    tags: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()
    dropped_by: str | None = None
    listedness: str | None = None
    listed_sentence: str | None = None

    @property
    def raises_alert(self) -> bool:
        """True if a rule raises an alert, unless its cooldown runs."""
        return bool(self.matches)

    def cooldown_requests(
        self, report: EffectReport, alert_id: str, hash_author: HashAuthor = no_author
    ) -> list[CooldownRequest]:
        """Return the cooldowns that the rules need for the alert of this effect."""
        keys = [(rule.cooldown_key(report, hash_author), rule.cooldown) for rule in self.matches]
        return [CooldownRequest(key, seconds, alert_id) for key, seconds in keys if key and seconds]

    def plan(
        self,
        report: EffectReport,
        alert_id: str,
        granted: AbstractSet[tuple[str, str]],
        hash_author: HashAuthor = no_author,
    ) -> AlertPlan | None:
        """Return how the alert is raised, or None if every rule that would raise it has to wait.

        Args:
            report: the effect.
            alert_id: id of its alert.
            granted: the cooldowns that passed.
            hash_author: hashes the author of the post.
        """
        rules = [
            rule
            for rule in self.matches
            if (key := rule.cooldown_key(report, hash_author)) is None or (key, alert_id) in granted
        ]
        return planned(rules) if rules else None


def planned(rules: list[AlertRule]) -> AlertPlan:
    """Return the alert that these rules raise together."""
    severities = [rule.severity for rule in rules if rule.severity is not None]
    delivery = min((rule.delivery for rule in rules), key=DELIVERIES.index)
    quiet = [rule.quiet_hours for rule in rules if rule.delivery is delivery]
    return AlertPlan(
        rules=tuple(rule.name for rule in rules),
        severity=max(severities, key=SEVERITIES.index) if severities else None,
        routes=tuple(dict.fromkeys(route for rule in rules for route in rule.routes)),
        delivery=delivery,
        quiet_hours=None if None in quiet else quiet[0],
    )
