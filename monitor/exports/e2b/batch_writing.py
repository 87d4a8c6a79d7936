"""Write E2B(R3) messages: a batch with its wrapper, one report after another, so that any number fits.

The schema is HL7's `MCCI_IN200100UV01` with messages `PORR_IN049016UV`, as ICH E2B(R3) uses them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from lxml import etree

from monitor.exports.e2b.icsr import ReportSender, SafetyReport
from monitor.exports.e2b.oids import BATCH, HL7, MESSAGE, XSI, oid
from monitor.exports.e2b.patient_part import add_assessment, add_linked, add_source
from monitor.exports.e2b.xml_parts import (
    add,
    add_code,
    add_id,
    add_observation,
    add_value,
    legal,
    timestamp,
)

_DECLARATIONS: Final = f' xmlns="{HL7}" xmlns:xsi="{XSI}"'
_OPENING: Final = f'<MCCI_IN200100UV01{_DECLARATIONS} ITSVersion="XML_1.0">'


@dataclass(frozen=True, slots=True)
class MessageBatch:
    """What holds for a whole file.

    Attributes:
        sender: who sends it, and to whom.
        created_at: when it is written, timezone-aware.
        production: False for a test: the receiver does not take its reports into account.
    """

    sender: ReportSender
    created_at: datetime
    production: bool = False

    @property
    def number(self) -> str:
        """The number of the batch (N.1.2): the sender and the time."""
        name = hashlib.sha256(self.sender.sender_id.encode("utf-8", "replace")).hexdigest()[:8]
        return f"{self.sender.country}-{name}-{self.created_at:%Y%m%dT%H%M%S.%f}"


def write_batch(stream: BinaryIO, batch: MessageBatch, reports: Iterable[SafetyReport]) -> int:
    """Write a batch, and return the number of reports in it.

    Args:
        stream: gets the XML in UTF-8.
        batch: sender and time.
        reports: the reports; each is written before the next one is read.
    """
    written = 0
    stream.write(f'<?xml version="1.0" encoding="utf-8"?>\n{_OPENING}\n'.encode())
    _write(stream, *_batch_start(batch))
    for report in reports:
        _write(stream, report_message(report, batch))
        written += 1
    _write(stream, *_batch_end(batch.sender))
    stream.write(b"</MCCI_IN200100UV01>\n")
    return written


def _write(stream: BinaryIO, *nodes: Any) -> None:
    # lxml declares the namespaces for each node, and the root has them already.
    for node in nodes:
        text = etree.tostring(node, encoding="unicode", with_tail=False).replace(_DECLARATIONS, "", 1)
        stream.write(f"{text}\n".encode())


def _batch_start(batch: MessageBatch) -> Any:
    root = etree.Element(BATCH, nsmap={None: HL7, "xsi": XSI})
    add_id(root, "R.22", batch.number)
    add(root, "creationTime", value=timestamp(batch.created_at))
    add(root, "responseModeCode", code="D")
    add(root, "interactionId", extension="MCCI_IN200100UV01", root=oid("interaction"))
    add(root, "name", code="1", codeSystem=oid("L.1"))
    return root


def _batch_end(sender: ReportSender) -> Any:
    root = etree.Element(BATCH, nsmap={None: HL7, "xsi": XSI})
    add_id(add(root, "receiver/device"), "R.14", legal(sender.receiver_id, 60))
    add_id(add(root, "sender/device"), "R.13", legal(sender.sender_id, 60))
    return root


def report_message(report: SafetyReport, batch: MessageBatch) -> Any:
    """Return the message of a report as an element of lxml."""
    sender, created = batch.sender, timestamp(batch.created_at)
    identifier = sender.report_id(report.number)
    message = etree.Element(MESSAGE, nsmap={None: HL7, "xsi": XSI})
    add_id(message, "R.1", identifier)
    add(message, "creationTime", value=created)
    add(message, "interactionId", extension="PORR_IN049016UV", root=oid("interaction"))
    add(message, "processingCode", code="P" if batch.production else "T")
    add(message, "processingModeCode", code="T")
    add(message, "acceptAckCode", code="AL")
    add_id(add(message, "receiver/device"), "R.12", legal(sender.message_receiver_id, 60))
    add_id(add(message, "sender/device"), "R.11", legal(sender.sender_id, 60))
    control = add(message, "controlActProcess")
    add_code(control, "PORR_TE049016UV", "trigger")
    add(control, "effectiveTime", value=created)
    subject = add(control, "subject", typeCode="SUBJ")
    _add_investigation(subject, report, sender)
    etree.indent(message, space="  ")
    return message


def _add_investigation(subject: Any, report: SafetyReport, sender: ReportSender) -> None:
    node = add(subject, "investigationEvent")
    identifier = sender.report_id(report.number)
    add_id(node, "R.1", identifier)
    add_id(node, "R.2", identifier)
    add_code(node, "PAT_ADV_EVNT", "act")
    add(node, "text", legal(report.narrative, 100_000))
    add(node, "statusCode", code="active")
    add(node, "effectiveTime/low", value=timestamp(report.received_at))
    add(node, "availabilityTime", value=timestamp(report.updated_at))
    add_assessment(node, report)
    documents = add_observation(node, "1", "component/observationEvent")
    add_value(documents, "BL", value="false")  # C.1.6.1
    expedited = add_observation(node, "23", "component/observationEvent")
    if report.expedited is None:  # C.1.7
        add_value(expedited, "BL", nullFlavor="NI")
    else:
        add_value(expedited, "BL", value="true" if report.expedited else "false")
    first = add(node, "outboundRelationship/relatedInvestigation")
    add_code(first, "1", "L.22")
    first = add(first, "subjectOf2", typeCode="SUBJ")
    add_code(add(first, "controlActEvent/author/assignedEntity"), "2", "L.3")  # C.1.8.2
    add_source(node, report)
    add_linked(node, tuple(sender.report_id(number) for number in report.linked))
    _add_sender(node, sender)
    _characteristic(node, "1", "CE", code="1", codeSystem=oid("L.2"))  # C.1.3: spontaneous
    _characteristic(node, "2", "BL", nullFlavor="NI")  # C.1.9.1


def _add_sender(node: Any, sender: ReportSender) -> None:
    subject = add(node, "subjectOf1", typeCode="SUBJ")
    entity = add(subject, "controlActEvent/author/assignedEntity")
    add_code(entity, sender.kind, "L.7")  # C.3.1
    person = add(entity, "assignedPerson")
    location = add(person, "asLocatedEntity/location")
    add_code(location, sender.country, "country")  # C.3.4.5
    organization = add(entity, "representedOrganization")
    inner = add(organization, "assignedEntity/representedOrganization")
    add(inner, "name", legal(sender.organization, 100))  # C.3.2


def _characteristic(node: Any, number: str, kind: str, **value: str) -> None:
    subject = add(node, "subjectOf2", typeCode="SUBJ")
    characteristic = add(subject, "investigationCharacteristic")
    add_code(characteristic, number, "L.23")
    add_value(characteristic, kind, **value)
