"""The page on operation lists the metrics, the checks and the alarms as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from prometheus_client import CollectorRegistry

from monitor.bounded_labels import LABEL_VALUES
from monitor.metrics import (
    CONNECTOR,
    EVERY_PROCESS,
    NOTIFIER,
    REVIEW,
    SUPERVISOR,
    WORKER,
    ConnectorMetrics,
    RouteMetrics,
)

PAGE: Final = (Path(__file__).parents[2] / "docs/operation.md").read_text(encoding="utf-8")
KINDS: Final = {
    "### Every process": EVERY_PROCESS,
    "### A worker": WORKER,
    "### A connector": CONNECTOR,
    "### `ade-monitor notify`": NOTIFIER,
    "### `ade-monitor up`": SUPERVISOR,
    "### `ade-monitor review drift`": REVIEW,
}
SUFFIXES: Final = {"counter": "_total", "info": "_info"}


def rows_of(registry: CollectorRegistry) -> Iterator[str]:
    """Yield the row of each metric of ours in a registry."""
    for metric in registry.collect():
        if not metric.name.startswith("ade_"):
            continue
        source = registry._names_to_collectors.get(metric.name)
        scraped = "route" if registry is NOTIFIER else "platform"
        labels = (scraped,) if source is None else getattr(source, "_labelnames", ())
        if metric.type == "info":
            labels = ("version",)
        names = ", ".join(f"`{label}`" for label in labels) or "–"
        kind = "gauge" if metric.type == "info" else metric.type
        name = f"{metric.name}{SUFFIXES.get(metric.type, '')}"
        yield f"| `{name}` | {kind} | {names} | {metric.documentation} |"


@pytest.mark.parametrize("heading", KINDS)
def test_the_page_lists_exactly_the_metrics_of_each_process(heading: str) -> None:
    section = PAGE.split(f"{heading}\n")[1].split("\n#")[0]
    listed = [line for line in section.splitlines() if line.startswith("| `ade_")]
    assert listed == list(rows_of(KINDS[heading]))


def test_the_page_explains_exactly_the_checks() -> None:
    section = PAGE.split("## Health\n")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(first_cells))) == LABEL_VALUES["check"]


def series() -> set[str]:
    """Return the names of all series of ours."""
    names = set()
    for registry in KINDS.values():
        for metric in registry.collect():
            names.add(metric.name + SUFFIXES.get(metric.type, ""))
            if metric.type == "histogram":
                names |= {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
    return names


def test_alarms_use_series_and_values_that_exist() -> None:
    [rules] = re.findall(r"```yaml\n(groups:.*?)```", PAGE, re.DOTALL)
    [group] = yaml.safe_load(rules)["groups"]
    assert len(group["rules"]) >= 10
    for rule in group["rules"]:
        expression = rule["expr"]
        assert set(re.findall(r"\bade_\w+", expression)) <= series(), rule["alert"]
        for label, values in re.findall(r'(\w+)=~?"([\w|]+)"', expression):
            assert set(values.split("|")) <= LABEL_VALUES[label], rule["alert"]


def test_every_count_of_a_connector_is_a_metric() -> None:
    from datetime import UTC, datetime

    from monitor.connect.activity import Activity

    counts = Activity("x").record(datetime.now(UTC))
    names = {*ConnectorMetrics.COUNTERS, *ConnectorMetrics.GAUGES}
    assert names == counts.keys() - {"source"}


def test_every_count_of_a_route_is_a_metric() -> None:
    from datetime import UTC, datetime

    from monitor.notify.route_counts import RouteCounts

    assert {*RouteMetrics.COUNTERS, *RouteMetrics.GAUGES} == RouteCounts().record(datetime.now(UTC)).keys()


def test_names_follow_the_conventions_of_prometheus() -> None:
    for registry in KINDS.values():
        for metric in registry.collect():
            assert re.fullmatch(r"[a-z][a-z0-9_]+", metric.name)
            assert metric.documentation
            if metric.type == "histogram":
                assert metric.name.endswith("_seconds")
