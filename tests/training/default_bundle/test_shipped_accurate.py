"""The shipped bundle with two readers: what it holds, and its predictions where its encoder is installed."""

from pathlib import Path

import pytest

from models import ServingOptions, TrunkError, load_scorer
from models.bundle import changed_files, read_config, read_second_config
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


def test_its_early_exit_was_shown_for_the_posts_that_the_second_reader_reads(folder: Path) -> None:
    """That of the default bundle was shown for fewer posts, and would not be taken."""
    config = read_config(folder)
    assert config.early_exit is not None
    assert config.early_exit.shown_for <= config.decision.log_odds_at(config.settling_threshold) + 1e-6


@pytest.mark.parametrize("name", ["default", "accurate"])
def test_the_files_of_a_shipped_bundle_are_as_they_were_built(name: str, folder: Path) -> None:
    shipped = packaged_bundles()[name]
    assert (shipped / "SHA256SUMS").is_file()
    assert changed_files(shipped) == []


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
