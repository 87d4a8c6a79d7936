"""Which effects of a batch raise an alert, by the rules. No other part of the monitor decides this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from monitor import metrics
from monitor.alerts.raising import alert_about, alert_id_of
from monitor.alerts.rulebook import (
    DEFAULT_RULES,
    NO_KNOWLEDGE,
    HashAuthor,
    Knowledge,
    RuleBook,
    RuleDecision,
    no_author,
)
from monitor.effect_reports import EffectKey, EffectReport
from monitor.records import Alert
from monitor.store.cooldowns import CooldownRequest, Granted

log = structlog.get_logger()


class AlertRules:
    """Decides which alerts the effects of posts raise.

    A post raises at most one alert for each distinct effect, whatever the number of rules that apply. Rules
    are asked about posts whose label is ADE and whose probability reaches `min_probability`.

    Each version of an edited post is scored, and its alerts have the ids of those that it raised before. The
    store compares the two.

    Args:
        bundle: version of the bundle that made the predictions.
        min_probability: minimum probability of a post that raises alerts, in [0, 1].
        book: the rules; by default each effect raises an alert, except in copies.
        knowledge: what the rules look up.
        hash_author: hashes authors for cooldowns by author; by default these do not apply.
    """

    def __init__(
        self,
        *,
        bundle: str,
        min_probability: float = 0.0,
        book: RuleBook = DEFAULT_RULES,
        knowledge: Knowledge = NO_KNOWLEDGE,
        hash_author: HashAuthor = no_author,
    ) -> None:
        self._bundle = bundle
        self._min_probability = min_probability
        self._book = book
        self._knowledge = knowledge
        self._hash_author = hash_author

    def decide(
        self, reports: Sequence[EffectReport], *, detected_at: datetime | None = None
    ) -> BatchDecisions:
        """Return what the rules decide about effects.

        If the rules fail on an effect, which is a fault of ours, it raises an alert as without rules.

        Args:
            reports: distinct effects of posts.
            detected_at: time of the predictions, timezone-aware; now by default.
        """
        decided = {
            report.key: (report, self._decide_one(report))
            for report in reports
            if report.scored.prediction.label == "ADE"
            and report.scored.prediction.probability >= self._min_probability
        }
        at = (detected_at or datetime.now(UTC)).astimezone(UTC)
        return BatchDecisions(self._bundle, at, decided, self._hash_author)

    def _decide_one(self, report: EffectReport) -> RuleDecision:
        try:
            return self._book.decide(report, self._knowledge)
        except MemoryError:
            raise
        except Exception:  # inside the transaction, it would stop all posts, or pass for an outage
            log.exception("the rules failed, the effect raises an alert without them")
            metrics.RULES_FAILED.inc()
            return DEFAULT_RULES.decide(report)


@dataclass(frozen=True, slots=True)
class BatchDecisions:
    """What the rules decided about the effects of a batch.

    Attributes:
        bundle: version of the bundle that found them.
        detected_at: when the effects were found, in UTC.
        decided: each effect and what was decided about it, in the order of the batch.
        hash_author: hashes authors for cooldowns by author.
    """

    bundle: str
    detected_at: datetime
    decided: Mapping[EffectKey, tuple[EffectReport, RuleDecision]]
    hash_author: HashAuthor = no_author

    @property
    def cooldowns(self) -> Sequence[CooldownRequest]:
        """The cooldowns that alerts of the batch need, in the order of the effects."""
        return [
            request
            for key, (report, decision) in self.decided.items()
            for request in decision.cooldown_requests(report, alert_id_of(*key), self.hash_author)
        ]

    def tags_of(self, tweet_id: str, effect: str) -> tuple[str, ...]:
        """Return the tags of an effect."""
        entry = self.decided.get((tweet_id, effect))
        return entry[1].tags if entry else ()

    def alerts(self, granted: Granted) -> Sequence[Alert]:
        """Return the alerts, in the order of the effects.

        Args:
            granted: the cooldowns that passed.
        """
        alerts = []
        for key, (report, decision) in self.decided.items():
            plan = decision.plan(report, alert_id_of(*key), granted, self.hash_author)
            if plan is not None:
                alerts.append(
                    alert_about(report, decision, plan, bundle=self.bundle, detected_at=self.detected_at)
                )
        return alerts
