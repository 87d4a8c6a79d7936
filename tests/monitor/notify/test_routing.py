"""Which routes get an alert, and where retractions go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.alerts import AlertPayload, RetractionPayload
from monitor.alerts.rulebook.routes import ChatRoute, WebhookRoute
from monitor.notify.routing import Routing
from tests.monitor.alerts.payloads import payload, retraction

HOOK = WebhookRoute(type="webhook", url="https://example.org/hook", secret_env="X")
CHAT = ChatRoute(type="slack", url_env="X")


def alert(*routes: str) -> AlertPayload:
    return AlertPayload.model_validate_json(json.dumps(payload(routes=routes)))


@pytest.mark.parametrize(
    ("known", "named", "routes"),
    [
        (["a", "b"], ["a"], {"a"}),
        (["a", "b"], ["a", "b"], {"a", "b"}),
        (["a", "default"], [], {"default"}),
        (["a", "default"], ["a"], {"a"}),
        (["a", "default"], ["gone"], {"default"}),
        (["a", "default"], ["gone", "a"], {"a"}),
        (["a"], [], set()),
        (["a"], ["gone"], set()),
    ],
)
def test_an_alert_goes_to(known: list[str], named: list[str], routes: set[str]) -> None:
    routing = Routing(known)
    assert routing.routes_of(alert(*named)) == routes
    assert {name for name in known if routing.takes(name, HOOK, alert(*named))} == routes
    assert routing.is_lost(alert(*named)) == (bool(named) and not routes)


def test_one_route_reports_what_no_route_takes() -> None:
    names = ["c", "a", "b"]
    assert [name for name in names if Routing(names).reports_lost(name)] == ["a"]


@pytest.mark.parametrize(
    ("route", "is_taken"),
    [(HOOK, True), (CHAT, False), (CHAT.model_copy(update={"retractions": True}), True)],
)
def test_retractions_go_to_webhooks_and_where_a_route_asks_for_them(route: Any, is_taken: bool) -> None:
    item = RetractionPayload.model_validate_json(json.dumps(retraction()))
    assert Routing(["a"]).takes("a", route, item) is is_taken
