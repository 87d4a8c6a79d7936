"""The default bundle passes each capability of the checklist."""

import pytest

from models import ServingOptions, load_scorer
from models.scoring import packaged_bundles
from training.checklist import CAPABILITIES, ChecklistReport, run_checklist


@pytest.fixture(scope="module")
def report() -> ChecklistReport:
    if "default" not in packaged_bundles():
        pytest.skip("the default bundle has not been trained yet: see docs/training.md")
    return run_checklist(load_scorer("default", ServingOptions(device="cpu")))


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_the_default_bundle_passes_90_percent_of_the_cases(report: ChecklistReport, capability: str) -> None:
    [part] = [part for part in report.capabilities if part.name == capability]
    assert part.counted >= 0.8 * len(part.results)
    assert part.rate >= 0.9, [(failure.case.id, failure.verdict.fault) for failure in part.failures]
