"""Which alerts a route gets."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.alerts import AlertPayload, RetractionPayload
from monitor.alerts.rulebook.routes import DEFAULT_ROUTE, Route


class Routing:
    """Decides between the routes of a rules file.

    An alert goes to the routes that it names. If the file has none of them, it goes to the route `default`.

    A retraction has the id of its alert only, so nobody knows which routes got the alert. It goes to each
    route with `retractions`: by default to all webhooks, whose receivers ignore ids that they do not know.

    Args:
        routes: names of all routes of the file.
    """

    def __init__(self, routes: Iterable[str]) -> None:
        self._routes = frozenset(routes)

    def routes_of(self, alert: AlertPayload) -> frozenset[str]:
        """Return the names of the routes of an alert; none if no route takes it."""
        return self._routes.intersection(alert.routes) or self._routes & {DEFAULT_ROUTE}

    def takes(self, name: str, route: Route, item: AlertPayload | RetractionPayload) -> bool:
        """Return True if the route with this name sends an alert or a retraction."""
        if isinstance(item, RetractionPayload):
            return route.retractions
        return name in self.routes_of(item)

    def is_lost(self, alert: AlertPayload) -> bool:
        """Return True if an alert names routes, and the file has none of them and no `default`."""
        return bool(alert.routes) and not self.routes_of(alert)

    def reports_lost(self, name: str) -> bool:
        """Return True for the one route that reports lost alerts, since every route sees them."""
        return name == min(self._routes)
