"""Which alerts a subscriber wants to see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts.payload import AlertPayload


@dataclass(frozen=True)
class AlertFilter:
    """Lets an alert pass that names one of the drugs and is one of the effects; an empty list asks nothing.

    Attributes:
        drugs: words of the tweet, whole and in any case; a hashtag counts as the word.
        effects: codes or names of PTs, in any case.
    """

    drugs: Sequence[str] = ()
    effects: Sequence[str] = ()

    def matches(self, alert: AlertPayload) -> bool:
        """Tell whether the alert passes."""
        return self._names_drug(alert.text) and self._is_effect(alert)

    def _names_drug(self, text: str) -> bool:
        return not self.drugs or any(_word(drug).search(text) for drug in self.drugs)

    def _is_effect(self, alert: AlertPayload) -> bool:
        if not self.effects:
            return True
        wanted = {effect.strip().casefold() for effect in self.effects}
        return bool(wanted & {alert.ptid, (alert.pt_name or "").casefold() or None})


def _word(drug: str) -> re.Pattern[str]:
    """Match the drug as a word; between the words of a longer name any white space may stand."""
    parts = drug.strip().removeprefix("#").split()
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, parts)) + r"(?!\w)", re.IGNORECASE)
