"""The shipped bundle with two readers: what it holds, and its predictions where its encoder is installed."""

from pathlib import Path

import pytest

from models import ServingOptions, TrunkError, load_scorer
from models.bundle import read_config, read_second_config
from models.encoder.split_packages import ALL_MPNET_BASE_V2
from models.scoring import packaged_bundles
from training.checklist import CAPABILITIES, run_checklist


@pytest.fixture(scope="module")
def folder() -> Path:
    if "accurate" not in packaged_bundles():
        pytest.skip("the bundle `accurate` has not been built yet: see docs/default-bundle.md")
    return packaged_bundles()["accurate"]


def test_its_first_reader_is_the_default_bundle(folder: Path) -> None:
    default = packaged_bundles()["default"]
    for name in ("model.safetensors", "names.safetensors", "labels.json"):
        assert (folder / name).read_bytes() == (default / name).read_bytes(), name


def test_its_second_reader_is_stored_as_changes_of_a_public_encoder(folder: Path) -> None:
    second = read_second_config(folder, read_config(folder))
    assert second is not None
    assert second.encoder == f"package:{ALL_MPNET_BASE_V2.name}"
    assert second.adapters is not None
    assert sum(file.stat().st_size for file in (folder / "second").iterdir()) < 20_000_000


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_passes_each_capability_of_the_checklist(folder: Path) -> None:
    try:
        ALL_MPNET_BASE_V2.installed_parts()
    except TrunkError:
        pytest.skip("the encoder of its second reader is not installed: make mpnet")
    report = run_checklist(load_scorer("accurate", ServingOptions(device="cpu")))
    rates = {part.name: part.rate for part in report.capabilities}
    assert rates.keys() == set(CAPABILITIES)
    assert {name: rate for name, rate in rates.items() if rate < 0.9} == {}
