"""An early exit in a bundle: stored, loaded, replaced, and refused where it does not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models import BundleError, Pipeline, load_bundle
from models.bundle import EarlyExit, read_config, require_exitable, revise_bundle, store_early_exit
from models.bundle.bundle_config import EXIT_FILE
from models.bundle.config_sections import Thresholds
from models.scoring.assembly import usable_exit
from tests.random_exits import leaving_below, random_exit, section_of
from tests.tiny import NEGATIVE, POSITIVE

TEXTS = [*POSITIVE, *NEGATIVE]


@pytest.fixture
def with_exit(bundle_copy: Path) -> Path:
    """A bundle whose exit is taken by texts that the head finds very unlikely."""
    bundle = load_bundle(bundle_copy)
    head = leaving_below(random_exit(bundle.weights, 1), -0.5)
    store_early_exit(bundle, section_of(head, bundle), head.tensors, metrics={"early_exit": {"layer": 1}})
    return bundle_copy


def test_an_exit_survives_the_way_to_the_disk(with_exit: Path, tiny_bundle: Path) -> None:
    before, after = load_bundle(tiny_bundle), load_bundle(with_exit)
    assert after.early_exit is not None
    head = random_exit(before.weights, 1)
    assert all(torch.equal(tensor, head.tensors[name]) for name, tensor in after.early_exit.tensors.items())
    assert (after.early_exit.below, after.early_exit.leaves_below) == (1, -0.5)
    assert after.version != before.version
    assert after.config.format_version == 6
    assert before.early_exit is None
    assert json.loads((with_exit / "metrics.json").read_bytes())["early_exit"] == {"layer": 1}
    assert "## Early exit" in (with_exit / "README.md").read_text()


def test_a_second_exit_replaces_the_first(with_exit: Path) -> None:
    bundle = load_bundle(with_exit)
    head = leaving_below(random_exit(bundle.weights, 2, seed=5), -2.0)
    store_early_exit(bundle, section_of(head, bundle), head.tensors, metrics={})
    again = load_bundle(with_exit)
    assert again.early_exit is not None
    assert (again.early_exit.below, again.early_exit.leaves_below) == (2, -2.0)
    assert (with_exit / "README.md").read_text().count("## Early exit") == 1


def test_a_pipeline_takes_the_exit_unless_it_is_told_not_to(with_exit: Path, tiny_bundle: Path) -> None:
    bundle = load_bundle(with_exit)
    whole = Pipeline.from_bundle(tiny_bundle, device="cpu", precision="fp32").score(TEXTS)
    without = Pipeline.of(bundle, early_exit=False).score(TEXTS)
    assert [p.probability for p in without] == pytest.approx([p.probability for p in whole], abs=1e-6)
    everything = replace(bundle, early_exit=leaving_below(random_exit(bundle.weights, 1), 99.0))
    assert {p.label for p in Pipeline.of(everything).score(TEXTS)} == {"NoADE"}


def test_an_exit_is_not_used_for_a_lower_threshold_than_it_was_shown_for(with_exit: Path) -> None:
    assert usable_exit(load_bundle(with_exit)) is not None
    revise_bundle(with_exit, thresholds=Thresholds(classifier=0.4, normalizer=0.3))
    assert usable_exit(load_bundle(with_exit)) is None
    revise_bundle(with_exit, thresholds=Thresholds(classifier=0.6, normalizer=0.3))
    assert usable_exit(load_bundle(with_exit)) is not None


def test_a_damaged_head_is_refused(with_exit: Path) -> None:
    data = (with_exit / EXIT_FILE).read_bytes()
    (with_exit / EXIT_FILE).write_bytes(data[:-1])
    with pytest.raises(BundleError, match=r"exit\.safetensors"):
        load_bundle(with_exit)
    (with_exit / EXIT_FILE).unlink()
    with pytest.raises(BundleError, match=r"exit\.safetensors"):
        load_bundle(with_exit)


def test_a_head_of_another_network_is_refused(with_exit: Path, bundle_copy: Path) -> None:
    bundle = load_bundle(with_exit)
    tensors = load_file(with_exit / EXIT_FILE)
    tensors["linear.weight"] = torch.zeros(1, 7)
    head = random_exit(bundle.weights, 1)
    with pytest.raises(BundleError, match=r"linear\.weight"):
        store_early_exit(bundle, section_of(head, bundle), tensors, metrics={})
    last = bundle.config.architecture.num_hidden_layers
    with pytest.raises(BundleError, match=f"layer {last}"):
        too_high = section_of(head, bundle).model_copy(update={"layer": last})
        store_early_exit(bundle, too_high, head.tensors, metrics={})
    save_file(tensors, with_exit / EXIT_FILE)
    config = read_config(with_exit)
    changed = config.changed({EXIT_FILE: (with_exit / EXIT_FILE).read_bytes()})
    (with_exit / "config.json").write_bytes(changed.to_json())
    with pytest.raises(BundleError, match=r"linear\.weight"):
        load_bundle(with_exit)


def test_a_place_that_is_taken_is_refused_before_any_work(bundle_copy: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(BundleError, match="already exists"):
        require_exitable(bundle_copy, tmp_path / "taken")
    with pytest.raises(BundleError, match="nowhere"):
        require_exitable(tmp_path / "nowhere", None)


def test_positives_may_not_leave() -> None:
    facts = {"layer": 1, "positives": 10, "kept": 10, "least_share": 0.7, "leaving": 0.2}
    with pytest.raises(ValueError, match="positives would leave"):
        EarlyExit(leaves_below=1.0, shown_for=0.5, **facts)
    with pytest.raises(ValueError, match="kept"):
        EarlyExit(leaves_below=0.0, shown_for=0.5, **{**facts, "kept": 11})
