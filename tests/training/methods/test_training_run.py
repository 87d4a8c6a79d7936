"""What commands do before a training: packages, settings, and the folders of a run."""

import sys
from pathlib import Path

import pytest
import torch

from training.errors import RunError
from training.loop import SINGLE_PROCESS, NullCallback
from training.methods import TrainingRun, effective_method, open_synonyms, prepare_process
from training.presets import PRESETS


@pytest.mark.parametrize("package", ["matplotlib", "tensorboard"])
def test_a_missing_extra_is_named_with_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RunError, match=r"pip install 'ade-monitor\[train\]'"):
        prepare_process(threads=1)


def test_bfloat16_follows_the_device_unless_a_setting_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    for prefers in (True, False):
        monkeypatch.setattr("training.methods.training_run.prefers_bfloat16", lambda _, p=prefers: p)
        device = torch.device("cpu")
        assert effective_method("mtl", [], device=device).training.bfloat16 is prefers
        chosen = f"bfloat16 = {str(not prefers).lower()}"
        assert effective_method("mtl", [chosen], device=device).training.bfloat16 is not prefers


def test_wordnet_is_opened_only_for_the_augmented_set(tmp_path: Path) -> None:
    for name in ("mtl", "boosting-ensemble"):
        assert open_synonyms(PRESETS[name], tmp_path / "missing") is None
    with pytest.raises(Exception, match="missing"):
        open_synonyms(PRESETS["enhanced-ensemble"], tmp_path / "missing")


def test_a_run_keeps_networks_and_states_in_its_folder(tmp_path: Path) -> None:
    run = TrainingRun.in_folder(
        tmp_path, keep="disk", limit=10, processes=SINGLE_PROCESS, callback=NullCallback(), fresh=True
    )
    assert (run.folder, run.networks, run.fresh) == (tmp_path, tmp_path / "networks", True)
