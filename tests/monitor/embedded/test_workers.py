"""Supervised workers: started again after each crash, with the settings of their supervisor."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.backoff import Backoff
from monitor.embedded import workers
from monitor.embedded.restarts import RestartPlan
from monitor.embedded.workers import SupervisedWorker, environment_of, with_port_of_worker
from monitor.settings import (
    KafkaSettings,
    ModelSettings,
    MonitoringSettings,
    Settings,
    WorkerSettings,
    load_settings,
)
from tests.processes import PATIENCE, wait_for


@pytest.mark.slow
def test_a_worker_that_keeps_crashing_is_started_again_and_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MANY_ENDS", 2)
    monkeypatch.setattr(
        workers, "RestartPlan", partial(RestartPlan, pauses=Backoff(first=0.01, longest=0.01))
    )
    notes: list[str] = []
    settings = Settings(model=ModelSettings(bundle="no-such-bundle"))
    worker = SupervisedWorker(settings, tmp_path / "worker.log", "the worker", notes.append)

    def has_ended_twice() -> bool:
        worker.supervise()
        return sum("is started again in" in note for note in notes) >= 2

    assert worker.repeated_crash() is None
    wait_for(has_ended_twice, PATIENCE * 3)
    worker.stop()
    error = worker.repeated_crash()
    assert error
    for message in (str(error), next(note for note in notes if "in a row" in note)):
        assert "no-such-bundle" in message
        assert str(tmp_path / "worker.log") in message
    assert sum("in a row" in note for note in notes) == 1
    assert sum(note.startswith("the worker: error:") for note in notes) == 1, "the reason is shown once"


def test_a_worker_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    notes: list[str] = []
    worker = SupervisedWorker(Settings(), tmp_path / "not-there" / "worker.log", "the worker", notes.append)
    worker.supervise()
    worker.supervise()
    worker.stop()
    assert len(notes) == 1
    assert "next attempt" in notes[0]


@pytest.mark.parametrize(("port", "ports"), [(None, [None, None]), (0, [0, 0]), (9100, [9101, 9102])])
def test_each_worker_gets_a_port_of_its_own(port: int | None, ports: list[int | None]) -> None:
    settings = Settings(monitoring=MonitoringSettings(port=port))
    assert [with_port_of_worker(settings, number).monitoring.port for number in (1, 2)] == ports


@given(
    group=st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1),
    bundle=st.sampled_from(["default", "/a folder/", "1", "null", '{"a": 1}', "true"]),
    languages=st.sampled_from([None, (), ("en",), ("en", "es")]),
)
def test_settings_are_the_same_after_the_environment(
    group: str, bundle: str, languages: tuple[str, ...] | None
) -> None:
    settings = Settings(
        kafka=KafkaSettings(group_id=group),
        model=ModelSettings(bundle=bundle),
        worker=WorkerSettings(languages=languages, reload=True, state_dir=Path("/a folder")),
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment_of(settings).items():
            patch.setenv(name, value)
        assert load_settings().settings == settings
