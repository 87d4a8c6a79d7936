"""Logs: one event a line, the batch in each of its events, and never a tweet."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from monitor.logs import configure_logs
from monitor.settings import LogSettings

TEXT = "zoloft gave me the worst headache"


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def written(level: str = "info", form: str = "json") -> io.StringIO:
    target = io.StringIO()
    configure_logs(LogSettings(level=level, format=form), target)  # type: ignore[arg-type]
    return target


def fail_over_a_tweet() -> None:
    tweet = TEXT  # a local variable of the kind that stages have
    raise ValueError(f"a text of {len(tweet)} characters")


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("logger", ["ours", "faust"])
def test_a_traceback_shows_no_local_variable(form: str, logger: str) -> None:
    target = written(form=form)
    log = structlog.get_logger("monitor.stream") if logger == "ours" else logging.getLogger("faust.app")
    try:
        fail_over_a_tweet()
    except ValueError:
        log.exception("a stage failed")
    assert "fail_over_a_tweet" in target.getvalue()
    assert TEXT not in target.getvalue()


def test_events_of_libraries_and_of_ours_have_one_form() -> None:
    target = written()
    structlog.get_logger("monitor.stream").info("tweets written", tweets=3)
    logging.getLogger("faust").warning("broker %s is slow", "b1")
    ours, theirs = (json.loads(line) for line in target.getvalue().splitlines())
    assert (ours["event"], ours["tweets"], ours["level"]) == ("tweets written", 3, "info")
    assert (theirs["event"], theirs["level"]) == ("broker b1 is slow", "warning")
    assert {"timestamp", "logger"} <= ours.keys() & theirs.keys()


def test_the_batch_stands_in_each_of_its_events() -> None:
    target = written()
    with bound_contextvars(batch="abc"):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = (json.loads(line) for line in target.getvalue().splitlines())
    assert inside["batch"] == "abc"
    assert "batch" not in outside


def test_chatter_of_libraries_is_shown_at_debug_level_alone() -> None:
    quiet, loud = written("info"), io.StringIO()
    logging.getLogger("aiokafka").info("joined")
    assert quiet.getvalue() == ""
    configure_logs(LogSettings(level="debug", format="json"), loud)
    logging.getLogger("aiokafka").info("joined")
    assert "joined" in loud.getvalue()


def test_level_error_hides_warnings() -> None:
    target = written("error")
    structlog.get_logger("monitor").warning("not so bad")
    logging.getLogger("kafka").warning("not so bad")
    assert target.getvalue() == ""
