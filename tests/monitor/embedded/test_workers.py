"""Supervised workers, and the errors in their logs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.backoff import Backoff
from monitor.embedded import workers
from monitor.embedded.workers import ErrorLogTail, SupervisedWorker, environment_of
from monitor.errors import EmbeddedError
from monitor.settings import KafkaSettings, ModelSettings, Settings, WorkerSettings, load_settings
from tests.processes import wait_for


def test_a_worker_that_keeps_crashing_is_given_up_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "RESTARTS", Backoff(first=0.01, longest=0.01))
    monkeypatch.setattr(workers, "MOST_QUICK_CRASHES", 2)
    notes: list[str] = []
    settings = Settings(model=ModelSettings(bundle="no-such-bundle"))
    worker = SupervisedWorker(settings, tmp_path / "worker.log", "the worker", notes.append)

    def supervise() -> bool:
        worker.supervise()
        return False

    with pytest.raises(EmbeddedError) as caught:
        wait_for(supervise)
    assert "no-such-bundle" in str(caught.value)
    assert str(tmp_path / "worker.log") in str(caught.value)
    assert sum("started again" in line for line in notes) == workers.MOST_QUICK_CRASHES - 1
    assert any("no-such-bundle" in line for line in notes), "the reason is shown as it happens"


def test_new_errors_of_a_log_are_returned_once_and_in_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text('{"level": "error", "event": "of the run before"}\n')
    errors = ErrorLogTail(log)
    with log.open("a") as file:
        file.write('{"level": "info", "event": "tweets written"}\n')
        file.write('{"level": "error", "event": "the database is away", "seconds": 3, "timestamp": "now"}\n')
        file.write("Traceback (most recent call last):\nerror: no such bundle\n")
        file.write('{"level": "critical", "ev')
    assert errors.new_errors() == ["the database is away (seconds: 3)", "error: no such bundle"]
    assert errors.new_errors() == []
    with log.open("a") as file:
        file.write('ent": "broken"}\n')
    assert errors.new_errors() == ["broken"]
    log.write_text("")
    assert errors.new_errors() == []
    log.write_text("error: again\n")
    assert errors.new_errors() == ["error: again"]


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
        worker=WorkerSettings(languages=languages),
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment_of(settings).items():
            patch.setenv(name, value)
        assert load_settings().settings == settings
