"""Logs have one event a line, the id of the batch in its events, and never a tweet."""

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


def log_target(level: str = "info", form: str = "json") -> io.StringIO:
    target = io.StringIO()
    configure_logs(LogSettings(level=level, format=form), target)  # type: ignore[arg-type]
    return target


def fail_over_a_tweet() -> None:
    tweet = TEXT  # a local variable, as the stages have them
    raise ValueError(f"a text of {len(tweet)} characters")


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("logger", ["monitor", "faust"])
def test_a_traceback_shows_no_local_variable(form: str, logger: str) -> None:
    target = log_target(form=form)
    log = structlog.get_logger("monitor.stream") if logger == "monitor" else logging.getLogger("faust.app")
    try:
        fail_over_a_tweet()
    except ValueError:
        log.exception("a stage failed")
    assert "fail_over_a_tweet" in target.getvalue()
    assert TEXT not in target.getvalue()


def test_our_events_and_those_of_libraries_have_the_same_form() -> None:
    target = log_target()
    structlog.get_logger("monitor.stream").info("tweets written", tweets=3)
    logging.getLogger("faust").warning("broker %s is slow", "b1")
    own_event, library_event = (json.loads(line) for line in target.getvalue().splitlines())
    assert (own_event["event"], own_event["tweets"], own_event["level"]) == ("tweets written", 3, "info")
    assert (library_event["event"], library_event["level"]) == ("broker b1 is slow", "warning")
    assert {"timestamp", "logger"} <= own_event.keys() & library_event.keys()


def test_each_event_of_a_batch_has_its_id() -> None:
    target = log_target()
    with bound_contextvars(batch="abc"):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = (json.loads(line) for line in target.getvalue().splitlines())
    assert inside["batch"] == "abc"
    assert "batch" not in outside


def test_events_of_libraries_are_shown_at_debug_level_only() -> None:
    quiet, loud = log_target("info"), io.StringIO()
    logging.getLogger("aiokafka").info("joined")
    assert quiet.getvalue() == ""
    configure_logs(LogSettings(level="debug", format="json"), loud)
    logging.getLogger("aiokafka").info("joined")
    assert "joined" in loud.getvalue()


def test_level_error_hides_warnings() -> None:
    target = log_target("error")
    structlog.get_logger("monitor").warning("not so bad")
    logging.getLogger("kafka").warning("not so bad")
    assert target.getvalue() == ""
