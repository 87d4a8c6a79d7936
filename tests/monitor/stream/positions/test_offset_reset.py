"""A worker goes on after a gap with an error in its log, or stops, as the settings say."""

from __future__ import annotations

import pytest
from aiokafka import TopicPartition
from structlog.testing import capture_logs

from monitor.errors import FatalError
from monitor.ingest import EXPIRED
from monitor.settings import KafkaSettings
from monitor.stream.positions.offset_reset import report_cut, report_expired, report_replaced

PLACE = TopicPartition("tweets", 3)
GOES_ON, STOPS = KafkaSettings(), KafkaSettings(on_offset_reset="stop")


def test_expired_messages_are_counted_and_become_a_dead_letter() -> None:
    with capture_logs() as lines:
        unread = report_expired(GOES_ON, PLACE, 100, 3_100)
    assert (unread.first, unread.last, unread.reason) == (100, 3_099, EXPIRED)
    assert [(line["log_level"], line["lost"]) for line in lines] == [("error", 3_000)]


def test_a_log_that_was_cut_or_replaced_is_an_error_in_the_log() -> None:
    with capture_logs() as lines:
        report_cut(GOES_ON, PLACE, 100, 7)
        report_replaced(GOES_ON, [0, 1], "old", "new")
    assert {line["log_level"] for line in lines} == {"error"}
    assert len(lines) == 2


def test_with_the_policy_stop_each_is_fatal_and_names_the_command() -> None:
    for report in (
        lambda: report_expired(STOPS, PLACE, 100, 200),
        lambda: report_cut(STOPS, PLACE, 100, 7),
        lambda: report_replaced(STOPS, [0], "old", "new"),
    ):
        with pytest.raises(FatalError, match="topics rewind"):
            report()
