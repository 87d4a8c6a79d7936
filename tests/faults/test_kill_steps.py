"""Workers that are killed at each step between read and commit lose nothing, and store nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from monitor.settings import Settings
from tests.faults.conftest import APACHE, FaultBroker
from tests.faults.kill_chains import kill_in_chains
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults

KILLS: Final = 148


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("each_broker", [APACHE], indirect=True)
def test_kills_at_every_step_lose_nothing_and_store_nothing_twice(
    each_broker: FaultBroker, migrated: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    kill_in_chains(KILLS, each_broker, migrated, results, report, tmp_path)
