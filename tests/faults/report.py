"""What a fault did: runs, lost and doubled posts or alerts, and seconds until the worker went on.

Each case adds one line with the fixture `report`. `make test-faults` prints it when the case ends, and all of
them as a table at its end.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import psycopg
import pytest
import redis

from monitor.settings import Settings

PROPERTY: Final = "fault"
"""Name of the property of a test's report that holds its lines."""

HEADER: Final = "| fault | broker | runs | lost | doubled | recovery s |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Damage:
    """Posts and alerts that a fault lost or doubled.

    Attributes:
        lost: posts that are not stored or not counted, and alerts that are not in the stream.
        doubled: posts that were counted twice, and alerts that are in the stream twice.
    """

    lost: int
    doubled: int


@dataclass(frozen=True)
class FaultLine:
    """One line of the table.

    Attributes:
        fault: what was broken, in a few words.
        broker: the broker that the case ran on.
        runs: number of times that it was broken.
        lost: see `Damage`.
        doubled: see `Damage`.
        recovery_s: seconds from the end of the fault until the worker had caught up; None if that has no
            meaning.
    """

    fault: str
    broker: str
    runs: int
    lost: int
    doubled: int
    recovery_s: float | None = None

    def as_row(self) -> str:
        """Return the line as a row of the table."""
        recovery = "" if self.recovery_s is None else f"{self.recovery_s:.1f}"
        return f"| {self.fault} | {self.broker} | {self.runs} | {self.lost} | {self.doubled} | {recovery} |"


class FaultReport:
    """Takes the lines of one test."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def add(
        self, fault: str, damage: Damage, *, broker: str, runs: int = 1, recovery_s: float | None = None
    ) -> None:
        """Add a line. Call it before the assertions, so that a failure is in the table as well."""
        line = FaultLine(fault, broker, runs, damage.lost, damage.doubled, recovery_s)
        self._properties.append((PROPERTY, asdict(line)))


class FaultLines:
    """A plugin of pytest that prints the lines; with xdist, those of all processes."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines: list[FaultLine] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the lines of a test that has ended."""
        if report.when != "call":
            return
        lines = [FaultLine(**value) for name, value in report.user_properties if name == PROPERTY]
        self._lines.extend(lines)
        terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        for line in lines if terminal else ():
            terminal.ensure_newline()
            terminal.write_line(line.as_row())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table."""
        if self._lines:
            terminalreporter.section("faults")
            terminalreporter.write_line(fault_table(self._lines))


def fault_table(lines: Iterable[FaultLine]) -> str:
    """Return the table in Markdown, sorted by fault and broker."""
    ordered = sorted(lines, key=lambda line: (line.fault, line.broker))
    return "\n".join([HEADER, *(line.as_row() for line in ordered)])


def count_damage(settings: Settings, sent: Collection[str], alerting: Collection[str] = ()) -> Damage:
    """Count what was lost and what came twice.

    If all posts have rows (`store.negatives = all`), each post must have its row. Else those with an alert
    must have theirs, and the counts must be the number of posts that were sent.

    Args:
        settings: which database and which stream of alerts, and which posts have rows.
        sent: ids of all posts that the broker acknowledged and that the model can score. Each was sent once,
            or at least with the same text.
        alerting: ids of those that cause exactly one alert.
    """
    with psycopg.connect(settings.database.url.get_secret_value()) as connection:
        stored = [row[0] for row in connection.execute("SELECT tweet_id FROM predictions")]
        [(positive,)] = connection.execute("SELECT count(*) FROM predictions WHERE label = 'ADE'")
        [(seen, counted)] = connection.execute(
            "SELECT coalesce(sum(seen), 0), coalesce(sum(positive), 0) FROM hourly_counts"
        )
    alerts = alerted_posts(settings)
    lost_alerts = set(alerting) - set(alerts) if alerting else ()
    all_stored = settings.store.negatives == "all"
    expected = len(stored) if all_stored or not sent else len(set(sent))
    missing = set(sent if all_stored else alerting) - set(stored)
    return Damage(
        lost=len(missing) + len(lost_alerts) + max(0, expected - int(seen)) + max(0, positive - int(counted)),
        doubled=max(0, int(seen) - expected)
        + max(0, int(counted) - positive)
        + len(stored)
        - len(set(stored))
        + (len(alerts) - len(set(alerts)) if alerting else 0),
    )


def alerted_posts(settings: Settings) -> list[str]:
    """Return the id of the post of each alert in the stream."""
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        entries = client.xrange(settings.alerts.stream)
    return [json.loads(fields[b"alert"])["tweet_id"] for _, fields in entries if b"alert" in fields]
