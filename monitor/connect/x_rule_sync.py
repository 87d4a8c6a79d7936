"""Bring the rules at X in line with the drug list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from monitor.connect.drug_list import DrugList
from monitor.connect.errors import ConnectError
from monitor.connect.http_stream import explain, explanation_of, network_failures, passing_failure
from monitor.connect.x_rules import RulePlan, StreamRule, build_rules, parse_rules, plan_changes
from monitor.connect.x_stream import refusal_of
from monitor.errors import PoisonError
from monitor.ingest import parse_json

if TYPE_CHECKING:
    import httpx

PATH: Final = "/2/tweets/search/stream/rules"
PER_REQUEST: Final = 25
"""Number of rules in a request."""

_TIMEOUT: Final = 30.0
_CAP_REACHED: Final = "RulesCapExceeded"


async def sync_rules(client: httpx.AsyncClient, url: str, drugs: DrugList, *, dry_run: bool) -> RulePlan:
    """Add the rules that are missing, delete obsolete ones with our tag, and return what was done.

    Missing rules are added first, so that nothing is missed meanwhile. If X allows no more rules, obsolete
    ones are deleted first.

    Args:
        client: sends the bearer token.
        url: address of the API, such as `https://api.x.com`.
        drugs: the names to look for.
        dry_run: change nothing; X checks the new rules.

    Raises:
        ConnectError: X refuses a rule or the token.
        ConnectionLostError: X does not answer.
    """
    rules = _Rules(client, f"{url.rstrip('/')}{PATH}", dry_run)
    plan = plan_changes(build_rules(drugs), await rules.read(), drugs.x.tag)
    try:
        await rules.add(plan.add, drugs.x.tag)
    except _CapReachedError as error:
        if not plan.delete or dry_run:
            raise ConnectError(
                f"X takes no more rules: {error}",
                "delete some, or increase x.max_length in the drug list if your access level allows it",
            ) from None
        await rules.delete(plan.delete)
        # Some were added before X refused, and X does not take them twice.
        existing = {rule.value for rule in await rules.read()}
        await rules.add(tuple(value for value in plan.add if value not in existing), drugs.x.tag)
    else:
        await rules.delete(plan.delete)
    return plan


class _CapReachedError(ConnectError):
    """X has as many rules as it allows."""


class _Rules:
    def __init__(self, client: httpx.AsyncClient, url: str, dry_run: bool) -> None:
        self._client = client
        self._url = url
        self._dry_run = dry_run

    async def read(self) -> list[StreamRule]:
        """Return all rules that X has, page by page."""
        rules: list[StreamRule] = []
        token: str | None = None
        while True:
            document = await self._request("GET", {"pagination_token": token} if token else {}, None)
            rules += parse_rules(document)
            meta = document.get("meta")
            token = meta.get("next_token") if isinstance(meta, Mapping) else None
            if not token:
                return rules

    async def add(self, values: tuple[str, ...], tag: str) -> None:
        """Add rules. X answers 201 with errors in it if it refuses some of them."""
        for start in range(0, len(values), PER_REQUEST):
            rules = [{"value": value, "tag": tag} for value in values[start : start + PER_REQUEST]]
            await self._change({"add": rules})

    async def delete(self, rules: tuple[StreamRule, ...]) -> None:
        """Delete rules by their ids."""
        for start in range(0, len(rules), PER_REQUEST):
            await self._change({"delete": {"ids": [rule.id for rule in rules[start : start + PER_REQUEST]]}})

    async def _change(self, body: Mapping[str, Any]) -> None:
        document = await self._request("POST", {"dry_run": "true"} if self._dry_run else {}, body)
        problems = document.get("errors")
        if not isinstance(problems, list):
            return
        serious = [p for p in problems if isinstance(p, Mapping) and p.get("title") != "DuplicateRule"]
        if any(problem.get("title") == _CAP_REACHED for problem in serious):
            raise _CapReachedError(explain({"errors": serious}))
        if serious:
            raise ConnectError(
                f"X refuses a rule: {explain({'errors': serious})}", "correct its names in the drug list"
            )

    async def _request(
        self, method: str, params: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        with network_failures(self._url, _TIMEOUT):
            response = await self._client.request(
                method, self._url, params=params, json=body, timeout=_TIMEOUT
            )
        try:
            document = parse_json(response.content)
        except PoisonError:
            document = None
        if isinstance(document, Mapping) and response.is_success:
            return document
        explanation = await explanation_of(response)
        if _CAP_REACHED in explanation:
            raise _CapReachedError(explanation)
        if failure := passing_failure(response.status_code, response.headers, explanation):
            raise failure
        raise refusal_of(response.status_code, explanation)
