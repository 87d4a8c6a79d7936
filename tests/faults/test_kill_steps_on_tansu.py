"""Kills at each step between read and commit on the embedded broker lose nothing, and store nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from monitor.settings import Settings
from tests.faults.conftest import TANSU, FaultBroker
from tests.faults.kill_chains import kill_in_chains
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults

KILLS: Final = 52
"""Tansu lets a worker with a name wait for the session of the killed one, so that a kill takes three times as
long there."""


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("each_broker", [TANSU], indirect=True)
def test_kills_at_every_step_on_the_embedded_broker_lose_nothing(
    each_broker: FaultBroker, migrated: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    kill_in_chains(KILLS, each_broker, migrated, results, report, tmp_path)
