"""Curves as PNG, and TensorBoard logs."""

import json
from pathlib import Path

import pytest

from training.reports.curves import TensorBoardLog, draw_curves


@pytest.mark.slow
def test_each_network_has_its_curves(finished: Path) -> None:
    for role in ("network", "classifier-2", "classifier-3"):
        png = (finished / "run" / f"curves-{role}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert len(png) > 5_000


def test_curves_can_lack_losses_scores_or_epochs(tmp_path: Path) -> None:
    history = [{"epoch": 1, "losses": {"1a": 0.5}, "f1": {}}, {"epoch": 2, "losses": {}, "f1": {"1a": 0.1}}]
    draw_curves("two odd epochs", history, tmp_path / "new" / "c.png")
    draw_curves("none", [], tmp_path / "new" / "c.png")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["c.png"]


def test_tensorboard_has_losses_and_scores_of_each_epoch(finished: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(finished / "run" / "tensorboard" / "network"))
    events.Reload()
    epochs = json.loads((finished / "bundle" / "metrics.json").read_text())["classifiers"]["1"]["epochs"]
    for task in ("1a", "1b", "1c"):
        scores = [point.value for point in events.Scalars(f"validation F1/{task}")]
        assert scores == pytest.approx([epoch["f1"][task] for epoch in epochs], abs=1e-4)
        assert len(events.Scalars(f"epoch loss/{task}")) == 2


def test_losses_are_logged_as_means_over_several_steps(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with TensorBoardLog(tmp_path) as log:
        log.on_epoch_start(2, 50)
        for step in range(50):
            log.on_step_end("1a", float(step), 49 - step)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    points = events.Scalars("loss/1a")
    assert len(points) >= 2
    assert [point.step for point in points] == sorted(point.step for point in points)
    assert all(100 < point.step <= 150 for point in points)  # after two epochs of 50 steps
    assert points[0].value == pytest.approx(sum(range(20)) / 20)
