"""The shipped bundle can do what the checklist asks, in each capability."""

import pytest

from models import ServingOptions, load_scorer
from models.scoring.catalog import packaged_bundles
from training.checklist import CAPABILITIES, ChecklistReport, run_checklist


@pytest.fixture(scope="module")
def report() -> ChecklistReport:
    if "default" not in packaged_bundles():
        pytest.skip("the default bundle has not been trained yet: see docs/training.md")
    return run_checklist(load_scorer("default", ServingOptions(device="cpu")))


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_the_default_bundle_passes_nine_of_ten_cases(report: ChecklistReport, capability: str) -> None:
    [found] = [one for one in report.capabilities if one.name == capability]
    assert found.counted >= 0.8 * len(found.outcomes)
    assert found.rate >= 0.9, [(one.case.id, one.verdict.fault) for one in found.failures]
