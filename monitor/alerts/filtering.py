"""Which alerts and retractions pass to a subscriber who follows some drugs or effects only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.alerts.payload import AlertPayload, RetractionPayload
from monitor.records import RetractionReason

if TYPE_CHECKING:
    from monitor.enrich.drugs import DrugChoice

REMEMBERED: Final = 100_000
"""Number of hidden alerts that a filter remembers: about 17 MB."""


@dataclass(frozen=True)
class AlertFilter:
    """Passes alerts that name one of the drugs and one of the effects; an empty list passes everything.

    Attributes:
        drugs: the effect is linked to one of them.
        effects: codes or names of PTs, in any case.
    """

    drugs: Sequence[DrugChoice] = ()
    effects: Sequence[str] = ()

    def matches(self, alert: AlertPayload) -> bool:
        """Return True if the alert passes."""
        return self._is_drug(alert) and self._is_effect(alert)

    def _is_drug(self, alert: AlertPayload) -> bool:
        name, atc = (alert.drug.name, alert.drug.atc) if alert.drug else (None, None)
        return not self.drugs or any(choice.includes(name, atc) for choice in self.drugs)

    def _is_effect(self, alert: AlertPayload) -> bool:
        if not self.effects:
            return True
        effects = {effect.strip().casefold() for effect in self.effects}
        return bool(effects & {alert.ptid, (alert.pt_name or "").casefold() or None})


class FilteredAlerts:
    """What a subscriber with a filter sees: matching alerts, and retractions of alerts that it may have seen.

    A retraction has no text, so no filter can match it. It passes unless this reader hid the alert before.
    If an alert is replaced by one that does not match, the subscriber gets a retraction.
    """

    def __init__(self, alert_filter: AlertFilter) -> None:
        self._filter = alert_filter
        self._hidden: OrderedDict[str, None] = OrderedDict()

    def visible(
        self, item: AlertPayload | RetractionPayload, *, replaces: bool
    ) -> AlertPayload | RetractionPayload | None:
        """Return what the subscriber sees of an entry, or None if nothing.

        Args:
            item: the alert, or the retraction.
            replaces: True if the alert replaces an earlier entry.
        """
        if isinstance(item, RetractionPayload):
            was_hidden = item.alert_id in self._hidden
            self._hidden.pop(item.alert_id, None)
            return None if was_hidden else item
        if self._filter.matches(item):
            self._hidden.pop(item.alert_id, None)
            return item
        was_hidden = item.alert_id in self._hidden
        self._hidden[item.alert_id] = None
        self._hidden.move_to_end(item.alert_id)
        if len(self._hidden) > REMEMBERED:
            self._hidden.popitem(last=False)
        if was_hidden or not replaces:
            return None
        return RetractionPayload(
            alert_id=item.alert_id, retracted_at=item.detected_at, reason=RetractionReason.EDITED.value
        )
