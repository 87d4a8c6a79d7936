"""The troubles in a worker's log: shown once each, with their end, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.embedded import worker_log
from monitor.embedded.worker_log import REPEAT_AFTER, TroubleLog
from tests.monitor.embedded.test_restarts import Clock


def write(log: Path, *events: dict[str, object]) -> None:
    with log.open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def trouble(
    event: str, logger: str = "monitor.stream", level: str = "warning", **more: object
) -> dict[str, object]:
    return {"event": event, "logger": logger, "level": level, "timestamp": "now", "batch": "1", **more}


def test_new_errors_of_a_log_are_returned_once_and_in_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text('{"level": "error", "event": "of the run before"}\n')
    troubles = TroubleLog(log)
    with log.open("a") as file:
        file.write('{"level": "info", "event": "tweets written"}\n')
        file.write('{"level": "error", "event": "the database is away", "seconds": 3, "timestamp": "now"}\n')
        file.write("Traceback (most recent call last):\nerror: no such bundle\n")
        file.write('{"level": "critical", "ev')
    assert troubles.new_troubles() == ["the database is away (seconds: 3)", "error: no such bundle"]
    assert troubles.new_troubles() == []
    with log.open("a") as file:
        file.write('ent": "broken"}\n')
    assert troubles.new_troubles() == ["broken"]
    log.write_text("")
    assert troubles.new_troubles() == []
    log.write_text("error: another\n")
    assert troubles.new_troubles() == ["error: another"]


def test_warnings_of_our_code_are_shown_and_those_of_libraries_are_not(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    troubles = TroubleLog(log)
    write(
        log,
        trouble("database away, trying again", error="it is read-only", pause_s=3.1),
        trouble("a topic has no leader", logger="aiokafka.cluster"),
        trouble("not JSON", level="debug"),
    )
    assert troubles.new_troubles() == ["database away, trying again (error: it is read-only)"]


def test_a_trouble_that_goes_on_is_shown_again_later_with_its_count(tmp_path: Path) -> None:
    log, clock = tmp_path / "worker.log", Clock()
    troubles = TroubleLog(log, clock)
    for number in range(50):
        write(log, trouble("database away", error=f"refused {number}"))
    assert troubles.new_troubles() == ["database away (error: refused 0)"]
    write(log, trouble("alerts wait", problem="refused 51"))
    assert troubles.new_troubles() == [], "another part of the worker met the same problem"
    clock.now += REPEAT_AFTER
    write(log, trouble("database away", error="refused 52"))
    assert troubles.new_troubles() == ["database away (error: refused 52) (51 times since it was last shown)"]


def test_of_a_long_error_only_the_first_line_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    troubles = TroubleLog(log)
    write(
        log, trouble("not committed \n\nThere are many reasons:\n1) this one", logger="faust", level="error")
    )
    assert [line.strip() for line in troubles.new_troubles()] == ["not committed"]


def test_the_end_of_a_trouble_is_shown_and_the_next_one_is_new(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    troubles = TroubleLog(log)
    write(
        log,
        trouble("database away"),
        trouble("database answers again", level="info"),
        trouble("database away"),
    )
    assert troubles.new_troubles() == ["database away", "database answers again", "database away"]


def test_a_log_for_people_is_understood_too(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    troubles = TroubleLog(log)
    ours = (
        "2026-11-30T08:00:00Z [warning  ] database away                  [monitor.stream.outages] error=full"
    )
    log.write_text(
        f"{ours}\n{ours}\n"
        "2026-11-30T08:00:00Z [warning  ] lagging                        [aiokafka.cluster]\n"
        "2026-11-30T08:00:00Z [info     ] tweets written                 [monitor.stream.tally] tweets=1\n"
        "2026-11-30T08:00:01Z [info     ] database answers again         [monitor.stream.outages] away_s=3\n"
    )
    assert troubles.new_troubles() == [ours, "database answers again"]


def test_of_many_kinds_of_troubles_the_latest_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_log, "MOST_TROUBLES", 3)
    log, clock = tmp_path / "worker.log", Clock()
    troubles = TroubleLog(log, clock)
    for kind in "abbca":
        clock.now += 1
        write(log, trouble(f"trouble {kind}"))
    assert troubles.new_troubles() == ["trouble a", "trouble b", "trouble c"]
    clock.now += REPEAT_AFTER
    write(log, trouble("trouble a"), trouble("trouble d"), trouble("trouble c"), trouble("trouble b"))
    assert troubles.new_troubles() == [
        "trouble a (2 times since it was last shown)",
        "trouble d",
        "trouble c",
        "trouble b",
    ], "b was forgotten, and its repetition with it"


def test_a_long_log_is_read_in_parts_and_an_endless_line_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_log, "MOST_BYTES", 200)
    log = tmp_path / "worker.log"
    troubles = TroubleLog(log)
    write(log, *(trouble(f"trouble {kind}") for kind in "abcdefgh"))
    with log.open("a") as file:
        file.write("x" * 1_000 + "\n")
    write(log, trouble("the last one"))
    shown: list[str] = []
    for _ in range(30):
        part = troubles.new_troubles()
        assert len(part) <= 2
        shown += part
    assert shown == [*(f"trouble {kind}" for kind in "abcdefgh"), "the last one"]


def test_what_was_skipped_is_not_shown(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    troubles = TroubleLog(log)
    write(log, trouble("of the end"))
    troubles.skip()
    write(log, trouble("of the next start"))
    assert troubles.new_troubles() == ["of the next start"]
