"""Rules at X follow the drug list."""

from __future__ import annotations

import httpx
import pytest

from monitor.connect import ConnectError, DrugList, sync_rules
from monitor.connect.http_stream import open_client
from tests.monitor.connect.platforms import XServer

FOREIGN = {"id": "9", "value": "cats", "tag": "somebody else"}


def drug_list(*names: str, max_length: int = 64) -> DrugList:
    return DrugList.model_validate(
        {"drug": [{"name": name} for name in names], "x": {"max_length": max_length}}
    )


def values(server: XServer) -> set[str]:
    return {rule["value"] for rule in server.rules}


async def test_missing_rules_are_added_and_obsolete_ones_deleted(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    x_server.rules = [FOREIGN, {"id": "1", "value": "aspirin", "tag": "ade-monitor"}]
    plan = await sync_rules(http_client, x_server.url, drug_list("zoloft"), dry_run=False)
    assert values(x_server) == {"cats", "zoloft"}
    assert ([*plan.add], [rule.value for rule in plan.delete]) == (["zoloft"], ["aspirin"])
    # Nothing is missed meanwhile: what is new comes first.
    assert [name for name, _ in x_server.changes] == ["add", "delete"]


async def test_a_second_run_changes_nothing(x_server: XServer, http_client: httpx.AsyncClient) -> None:
    x_server.per_page = 2  # rules come in pages
    names = [f"drug{'x' * 30}{n:02}" for n in range(7)]
    await sync_rules(http_client, x_server.url, drug_list(*names), dry_run=False)
    x_server.changes.clear()
    plan = await sync_rules(http_client, x_server.url, drug_list(*names), dry_run=False)
    assert (plan.add, plan.delete, len(plan.keep)) == ((), (), 7)
    assert x_server.changes == []


async def test_a_dry_run_changes_nothing(x_server: XServer, http_client: httpx.AsyncClient) -> None:
    x_server.rules = [FOREIGN, {"id": "1", "value": "aspirin", "tag": "ade-monitor"}]
    plan = await sync_rules(http_client, x_server.url, drug_list("zoloft"), dry_run=True)
    assert values(x_server) == {"cats", "aspirin"}
    assert plan.add == ("zoloft",)


async def test_if_x_takes_no_more_rules_obsolete_ones_go_first(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    x_server.rules = [FOREIGN, {"id": "1", "value": "aspirin", "tag": "ade-monitor"}]
    x_server.most_rules = 2
    await sync_rules(http_client, x_server.url, drug_list("zoloft"), dry_run=False)
    assert values(x_server) == {"cats", "zoloft"}


async def test_too_many_rules_are_an_error_with_advice(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    x_server.rules = [FOREIGN]
    x_server.most_rules = 1
    with pytest.raises(ConnectError, match="takes no more rules"):
        await sync_rules(http_client, x_server.url, drug_list("zoloft"), dry_run=False)
    assert values(x_server) == {"cats"}


async def test_a_wrong_token_ends_with_advice(x_server: XServer) -> None:
    async with open_client("wrong-token", silence=1) as client:
        with pytest.raises(ConnectError, match="ADE_CONNECT__X_BEARER_TOKEN") as caught:
            await sync_rules(client, x_server.url, drug_list("zoloft"), dry_run=False)
    assert "wrong-token" not in str(caught.value)
