"""What a rule does: the kinds of actions, how urgent an alert is, and how it is delivered."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """What happens with an effect to which a rule applies."""

    ALERT = "alert"
    DIGEST = "digest"
    TAG = "tag"
    DROP = "drop"

    @property
    def raises(self) -> bool:
        """True if the action raises an alert."""
        return self in (Action.ALERT, Action.DIGEST)


class Severity(StrEnum):
    """How much an alert matters, from the least to the most."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AlertDelivery(StrEnum):
    """When an alert goes to its routes, from the soonest to the latest."""

    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"


class CooldownBy(StrEnum):
    """Which alerts of a rule a cooldown keeps away: all, or those of a drug, effect, pair or author."""

    RULE = "rule"
    DRUG = "drug"
    EFFECT = "effect"
    PAIR = "pair"
    AUTHOR = "author"


SEVERITIES: Final = tuple(Severity)
DELIVERIES: Final = tuple(AlertDelivery)
