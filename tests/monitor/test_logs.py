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
from tests.models.test_terminal import UNSAFE

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


LIBRARIES = (
    "aiokafka.conn faust.channels kafka.net mode.services sqlalchemy.engine.Engine psycopg redis asyncio "
    "websockets.client httpcore.http11 a_library_of_tomorrow"
)


@pytest.mark.parametrize("library", LIBRARIES.split())
def test_libraries_never_write_at_debug_level(library: str) -> None:
    target = log_target("debug")
    logging.getLogger(library).debug("produced %s", TEXT)
    assert target.getvalue() == ""
    structlog.get_logger("monitor.stream").debug("tweets written")
    assert "tweets written" in target.getvalue()


def test_sqlalchemy_never_shows_statements() -> None:
    target = log_target("debug")
    logging.getLogger("sqlalchemy.engine.Engine").info("INSERT INTO tweets VALUES (%s)", TEXT)
    assert target.getvalue() == ""


@pytest.mark.parametrize("logger", ["monitor", "kafka"])
def test_a_log_in_json_escapes_controls(logger: str) -> None:
    target = log_target()
    write_unsafe_event(logger)
    event = json.loads(target.getvalue())
    assert not set(target.getvalue().removesuffix("\n")) & set(UNSAFE)
    assert event["event"] == f"from {UNSAFE}"
    assert event["exception"][0]["exc_value"] == UNSAFE


@pytest.mark.parametrize("logger", ["monitor", "kafka"])
def test_a_log_on_a_terminal_has_no_controls(logger: str) -> None:
    target = log_target(form="console")
    write_unsafe_event(logger)
    assert not set(target.getvalue()) & set(UNSAFE.replace("\n", ""))
    assert target.getvalue().count("from ") == 1


def write_unsafe_event(logger: str) -> None:
    try:
        raise ValueError(UNSAFE)
    except ValueError:
        if logger == "monitor":
            structlog.get_logger("monitor").error(
                f"from {UNSAFE}", place=UNSAFE, items=[UNSAFE], exc_info=True
            )
        else:
            logging.getLogger(logger).exception("from %s", UNSAFE)


def test_level_error_hides_warnings() -> None:
    target = log_target("error")
    structlog.get_logger("monitor").warning("not so bad")
    logging.getLogger("kafka").warning("not so bad")
    assert target.getvalue() == ""
