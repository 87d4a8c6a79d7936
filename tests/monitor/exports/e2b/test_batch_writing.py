"""Whatever a report says, the message passes the check and holds what XML can hold of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from monitor.exports.e2b.batch_writing import MessageBatch, write_batch
from monitor.exports.e2b.icsr import (
    Outcome,
    Patient,
    Reaction,
    ReportSender,
    SafetyReport,
    Seriousness,
    SuspectDrug,
)
from monitor.exports.e2b.xml_parts import legal
from tests.monitor.exports.e2b.reports import NOW, SENDER, batch_of, findings_of, rejected, report
from tests.wild_texts import WILD

NAMES = {"h": "urn:hl7-org:v3"}
VISIBLE = WILD.filter(lambda text: bool(legal(text, 250)))
MOMENTS = st.datetimes(
    datetime(1, 1, 2),
    datetime(2026, 7, 31),
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)
REPORTS = st.builds(
    SafetyReport,
    number=st.text("0123456789abcdef", min_size=1, max_size=16),
    received_at=MOMENTS,
    updated_at=MOMENTS,
    reporter_known=st.booleans(),
    patient=st.builds(
        Patient,
        st.booleans(),
        age=st.none() | st.tuples(st.integers(0, 1300), st.sampled_from(["a", "mo", "wk", "d"])),
        sex=st.sampled_from([None, "1", "2"]),
    ),
    reaction=st.builds(
        Reaction,
        code=st.text("0123456789", min_size=8, max_size=8),
        version=st.just("27.1"),
        words=st.none() | WILD,
        language=st.sampled_from([None, "eng", "chi"]),
        seriousness=st.frozensets(st.sampled_from(Seriousness)),
        outcome=st.sampled_from(Outcome),
    ),
    drug=st.builds(
        SuspectDrug,
        name=VISIBLE,
        substances=st.lists(WILD, max_size=3).map(tuple),
        dosage=st.none() | WILD,
        withdrawn=st.booleans(),
        recurred=st.sampled_from([None, True, False]),
        codes=st.sampled_from([(), ("2",), ("2", "8")]),
        note=st.none() | WILD,
    ),
    narrative=VISIBLE,
    comment=WILD,
    linked=st.lists(st.text("0123456789abcdef", min_size=1, max_size=16), max_size=3).map(tuple),
    expedited=st.sampled_from([None, True, False]),
).map(lambda each: replace(each, updated_at=max(each.received_at, each.updated_at)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(REPORTS, min_size=1, max_size=2, unique_by=lambda each: each.number))
def test_every_report_passes_the_check(tmp_path: Path, reports: list[SafetyReport]) -> None:
    findings = findings_of(batch_of(*reports), tmp_path)
    assert [each for each in findings if each.is_rejection] == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WILD, WILD)
def test_every_sender_passes_the_check(tmp_path: Path, organization: str, identifier: str) -> None:
    named = legal(organization, 60) or "x"
    known = legal(identifier, 60) or "x"
    sender = ReportSender(named, "DE", "2", known, known, known)
    assert rejected(findings_of(batch_of(report(), sender=sender), tmp_path)) == []


@settings(max_examples=25, deadline=None)
@given(WILD)
def test_narratives_come_back_as_xml_can_hold_them(text: str) -> None:
    root = etree.fromstring(batch_of(replace(report(), narrative="a" + text + "z")))
    [narrative] = root.xpath("//h:investigationEvent/h:text", namespaces=NAMES)
    assert narrative.text == legal("a" + text + "z", 100_000)
    assert "\x00" not in narrative.text


def test_long_texts_are_cut_and_say_so(tmp_path: Path) -> None:
    long = replace(report(), narrative="🤢" * 200_000, comment="y" * 30_000)
    content = batch_of(long)
    assert rejected(findings_of(content, tmp_path)) == []
    [narrative] = etree.fromstring(content).xpath("//h:investigationEvent/h:text", namespaces=NAMES)
    assert len(narrative.text) == 100_000
    assert narrative.text.endswith("too long for this field]")


def values(content: bytes, path: str) -> list[str]:
    nodes: list[Any] = etree.fromstring(content).xpath(path, namespaces=NAMES)
    return [str(each) for each in nodes]


def test_unknown_values_have_null_flavours() -> None:
    unknown = replace(
        report(),
        reporter_known=False,
        patient=Patient(False),
        drug=SuspectDrug("zoloft"),
        reaction=Reaction("10044565", "27.1"),
        linked=(),
        expedited=None,
    )
    content = batch_of(unknown)
    assert values(content, "//h:player1/h:name/@nullFlavor") == ["UNK"]
    assert values(content, "//h:player1/h:administrativeGenderCode/@nullFlavor") == ["UNK"]
    assert values(content, "//h:given/@nullFlavor | //h:family/@nullFlavor") == ["NASK", "NASK"]
    assert values(content, "//h:value[@nullFlavor='NI']/../h:code/@code").count("34") == 1
    assert not values(content, "//h:inboundRelationship | //h:substanceAdministration/h:text")


def test_known_people_are_masked() -> None:
    content = batch_of(report())
    assert values(content, "//h:player1/h:name/@nullFlavor") == ["MSK"]
    assert values(content, "//h:given/@nullFlavor | //h:family/@nullFlavor") == ["MSK", "MSK"]


def test_messages_are_tests_unless_they_are_for_production() -> None:
    def codes(batch: MessageBatch) -> list[str]:
        stream = io.BytesIO()
        write_batch(stream, batch, [report()])
        return values(stream.getvalue(), "//h:processingCode/@code")

    assert codes(MessageBatch(SENDER, NOW)) == ["T"]
    assert codes(MessageBatch(SENDER, NOW, production=True)) == ["P"]


def test_identifiers_are_worldwide_unique_and_stay_the_same() -> None:
    first, later = batch_of(report()), batch_of(report(), now=NOW + timedelta(days=1))
    path = "//h:investigationEvent/h:id/@extension | //h:substanceAdministration/h:id/@root"
    assert values(first, path) == values(later, path)
    assert values(first, "//h:investigationEvent/h:id/@extension")[0] == "US-EXAMPLEPHARMA-3f2a9c0011223344"
    batch = "/h:MCCI_IN200100UV01/h:id/@extension"
    assert values(first, batch) != values(later, batch)


def test_reports_are_read_one_after_another() -> None:
    stream = io.BytesIO()
    written_before = []

    def reports() -> Iterator[SafetyReport]:
        for number in range(3):
            written_before.append(stream.getvalue().count(b"</PORR_IN049016UV>"))
            yield report(str(number))

    assert write_batch(stream, MessageBatch(SENDER, NOW), reports()) == 3
    assert written_before == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x00b\x1b", "a\ufffdb\ufffd"), ("\ud83d", "\ufffd"), ("\ufffe", "\ufffd"), ("a\r\nb\rc", "a\nb\nc")],
)
def test_characters_that_xml_cannot_hold_are_replaced(text: str, shown: str) -> None:
    assert legal(text, 10) == shown


def test_batches_of_the_year_one_have_four_digits(tmp_path: Path) -> None:
    early = replace(report(), received_at=datetime(33, 1, 1, tzinfo=UTC))
    assert rejected(findings_of(batch_of(early), tmp_path)) == []
