"""What a fault did: runs, lost and doubled posts or alerts, and seconds until the worker went on.

Each case adds one line with the fixture `report`. `make test-faults` prints it when the case ends, and all of
them as a table at its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import pytest

from tests.faults.damage import Damage

PROPERTY: Final = "fault"
"""Name of the property of a test's report that holds its lines."""

HEADER: Final = "| fault | broker | runs | lost | doubled | recovery s |\n|---|---|---|---|---|---|"


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
