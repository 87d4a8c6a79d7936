"""The state that is saved after each epoch: its identity, damaged files, full disks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.loop.tiny_training import CONFIG, Recorder, tiny_fit, tiny_tasks
from training.errors import RunError
from training.loop.callbacks import NullCallback
from training.loop.training_state import fingerprint


def test_the_run_folder_of_another_training_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, epochs=1))
    with pytest.raises(RunError, match="--fresh"):
        tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, epochs=1, seed=2))


def test_a_damaged_state_file_is_named(tiny_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "last-epoch.pt").write_bytes(b"damaged")
    with pytest.raises(RunError, match=r"last-epoch\.pt"):
        tiny_fit(tiny_encoder, tmp_path)


def test_a_full_disk_is_named_and_leaves_the_previous_epoch(tiny_encoder: Path, tmp_path: Path) -> None:
    class FillDiskAfterFirstEpoch(NullCallback):
        def on_epoch_start(self, epoch: int, steps: int) -> None:
            if epoch == 1:
                (tmp_path / "last-epoch.partial").symlink_to("/dev/full")

    with pytest.raises(RunError, match=r"last-epoch\.pt.*make room"):
        tiny_fit(tiny_encoder, tmp_path, callback=FillDiskAfterFirstEpoch())
    assert [path.name for path in tmp_path.iterdir()] == ["last-epoch.pt"]
    recorder = Recorder()
    tiny_fit(tiny_encoder, tmp_path, callback=recorder)
    assert [figures["epoch"] for figures in recorder.epochs] == [2, 3]


def test_the_fingerprint_depends_on_data_settings_and_extra_texts(tiny_encoder: Path) -> None:
    tasks = tiny_tasks(tiny_encoder)
    data = list(tasks.values())
    mirrored = replace(tasks["1a"], targets=[[1 - target[0]] for target in tasks["1a"].targets])
    identities = [
        fingerprint(CONFIG, data),
        fingerprint(replace(CONFIG, seed=2), data),
        fingerprint(CONFIG, data[:2]),
        fingerprint(CONFIG, [mirrored, *data[1:]]),
        fingerprint(CONFIG, data, extra=["validation"]),
    ]
    assert len(set(identities)) == len(identities)
    assert fingerprint(CONFIG, list(tiny_tasks(tiny_encoder).values())) == identities[0]


def test_settings_that_came_later_do_not_change_the_identity_where_they_are_off() -> None:
    for name, value in (("exit_layer", 1), ("distill_states", 0.5)):
        assert name not in CONFIG.identity
        assert f"{name}={value}" in replace(CONFIG, **{name: value}).identity
    earlier = repr(CONFIG).replace(", distill_states=0.0, exit_layer=0", "")
    assert CONFIG.identity == earlier != repr(CONFIG)
