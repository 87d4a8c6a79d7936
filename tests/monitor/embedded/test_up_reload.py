"""`ade-monitor up --reload` takes up another bundle, and starts a worker again until its bundle is sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.bundle import Thresholds, load_bundle
from monitor.settings import EmbeddedSettings, ModelSettings, Settings
from tests.poisoned_bundle import POISON_OF_SELF_TEST, make_poisoned_bundle
from tests.processes import running, wait_for
from tests.tiny import save_tiny, train_tiny, write_checkpoint

PATIENCE = 300.0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_up_waits_for_a_sound_bundle_and_takes_up_the_next_one_without_a_restart(tmp_path: Path) -> None:
    trained = train_tiny(write_checkpoint(tmp_path / "encoder"))
    first = save_tiny(tmp_path / "first", trained)
    second = save_tiny(tmp_path / "second", trained, thresholds=Thresholds(classifier=0.45, normalizer=0.3))
    link = tmp_path / "current"
    link.symlink_to(make_poisoned_bundle(tmp_path / "unsound", POISON_OF_SELF_TEST))
    settings = Settings(
        model=ModelSettings(bundle=str(link), device="cpu"),
        embedded=EmbeddedSettings(data_dir=tmp_path / "data", start_timeout=PATIENCE),
    )
    log = tmp_path / "data" / "logs" / "worker.log"
    with running(settings, tmp_path, "up", "--reload") as up:
        wait_for(lambda: "is started again in" in up.output(), PATIENCE, watching=up)
        assert "fails its self-test" in up.output()
        point(link, first)
        wait_for(lambda: "the worker is ready" in up.output(), PATIENCE, watching=up)
        restarts = up.output().count("is started again in")
        point(link, second)
        wait_for(lambda: "bundle changed" in log.read_text(), PATIENCE, watching=up)
        assert load_bundle(second).version in log.read_text()
        assert up.output().count("is started again in") == restarts
        assert up.stop() in (0, 130), up.output()


def point(link: Path, bundle: Path) -> None:
    """Make a link point to another bundle, in one step."""
    following = link.with_name("following")
    following.symlink_to(bundle)
    following.rename(link)
