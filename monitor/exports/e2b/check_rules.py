"""The rules of E2B(R3) about several data elements of one message.

Rules about one element, and pairs of elements of which one needs the other, are in `data/elements.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from monitor.exports.e2b.check_elements import Occurrence, find_nodes
from monitor.exports.e2b.check_findings import CheckFinding, CheckSeverity
from monitor.exports.e2b.check_values import parse_e2b_time

_WARNING: Final = CheckSeverity.WARNING


class Report:
    """The occurrences of one message, by their group.

    Args:
        occurrences: all of them.
    """

    def __init__(self, occurrences: Sequence[Occurrence]) -> None:
        self._occurrences = occurrences

    def each(self, group: str) -> list[Occurrence]:
        """Return the occurrences of a group."""
        return [each for each in self._occurrences if each.group.name == group]

    def first(self, group: str) -> Occurrence | None:
        """Return the first occurrence of a group, or None."""
        return next(iter(self.each(group)), None)

    def versions(self) -> Iterator[tuple[str, str, Occurrence]]:
        """Yield each version of MedDRA, with the number of its element and its occurrence."""
        for occurrence in self._occurrences:
            for element in occurrence.group.elements:
                if element.is_meddra_version and (version := occurrence.text(element.id)):
                    yield version, element.id, occurrence


def check_report(report: Report) -> Iterator[CheckFinding]:
    """Yield what is wrong with the elements of a message together."""
    for rule in _RULES:
        yield from rule(report)


def _identifiers(report: Report) -> Iterator[CheckFinding]:
    message, case = report.first("message"), report.first("investigation")
    if message is None or case is None:
        return
    if message.text("N.2.r.1") != case.text("C.1.1"):
        yield message.place.finding(
            "N.2.r.1", "the message identifier is not that of the report", "use the value of C.1.1", _WARNING
        )
    if message.text("N.2.r.4") != message.text("C.1.2"):
        yield message.place.finding(
            "N.2.r.4", "the message was not created when the report was", "use the value of C.1.2"
        )


def _dates(report: Report) -> Iterator[CheckFinding]:
    case = report.first("investigation")
    received = parse_e2b_time(case.text("C.1.4")) if case else None
    latest = parse_e2b_time(case.text("C.1.5")) if case else None
    if case and received and latest and latest[0] < received[0] and latest[1] == received[1]:
        yield case.place.finding(
            "C.1.5", "the latest information is older than the first receipt", "correct C.1.4 or C.1.5"
        )


def _documents(report: Report) -> Iterator[CheckFinding]:
    case = report.first("investigation")
    if case is None:
        return
    documents = report.each("held document")
    if case.text("C.1.6.1") == "true" and not any(each.states("C.1.6.1.r.1") for each in documents):
        yield case.place.finding(
            "C.1.6.1.r.1", "documents are available, and none is named", "name each, or set C.1.6.1 to false"
        )
    if case.text("C.1.9.1") == "true" and not report.each("other identifier"):
        yield case.place.finding(
            "C.1.9.1.r.1", "other identifiers exist, and none is stated", "add each with its source"
        )


def _expedited(report: Report) -> Iterator[CheckFinding]:
    case = report.first("investigation")
    if case is not None and case.states("C.1.7") and not case.text("C.1.7"):
        yield case.place.finding(
            "C.1.7",
            "only a report that came in the format R2 may leave this open",
            "decide whether the report must be expedited",
            _WARNING,
        )


def _primary_source(report: Report) -> Iterator[CheckFinding]:
    case, sources = report.first("investigation"), report.each("primary source")
    primary = [source for source in sources if source.text("C.2.r.5") == "1"]
    if case is not None and len(primary) != 1:
        yield case.place.finding(
            "C.2.r.5",
            f"{len(primary)} sources are marked as the primary one",
            "mark one source by the value 1",
        )
    for source in primary:
        for element in ("C.2.r.3", "C.2.r.4"):
            if not source.states(element):
                yield source.place.finding(
                    element, "it is missing at the primary source", "add it, or its nullFlavor UNK"
                )


def _sender(report: Report) -> Iterator[CheckFinding]:
    sender = report.first("sender")
    if sender is not None and sender.text("C.3.1") != "7" and not sender.states("C.3.2"):
        yield sender.place.finding("C.3.2", "the sender has no organisation", "add its name")


def _study(report: Report) -> Iterator[CheckFinding]:
    case, study, patient = report.first("investigation"), report.first("study"), report.first("patient")
    if case is None or patient is None:
        return
    has_type = study is not None and study.states("C.5.4")
    if case.text("C.1.3") == "2" and not has_type:
        yield patient.place.finding("C.5.4", "a report from a study has no study type", "add it")
    if case.text("C.1.3") == "1" and has_type:
        yield patient.place.finding(
            "C.5.4", "a spontaneous report has a study type", "remove it, or correct C.1.3", _WARNING
        )


def _patient(report: Report) -> Iterator[CheckFinding]:
    patient = report.first("patient")
    if patient is None:
        return
    if not report.each("medical history") and not patient.states("D.7.2"):
        yield patient.place.finding(
            "D.7.2", "the medical history is missing", "add its text, or nullFlavor UNK if it is not known"
        )
    ages = [name for name in ("D.2.1", "D.2.2a", "D.2.2.1a") if patient.text(name)]
    if len(ages) > 1:
        yield patient.place.finding(
            ages[1], f"the age is stated by {' and '.join(ages)}", "keep the most precise one", _WARNING
        )


def _tests(report: Report) -> Iterator[CheckFinding]:
    for test in report.each("test"):
        if test.states("F.r.1") and not (test.states("F.r.2.1") or test.states("F.r.2.2b")):
            yield test.place.finding("F.r.2.1", "a test has no name", "add F.r.2.1 or F.r.2.2b")
        named = test.states("F.r.2.1") or test.states("F.r.2.2b")
        if named and not any(test.states(name) for name in ("F.r.3.1", "F.r.3.2", "F.r.3.4")):
            yield test.place.finding("F.r.3.1", "a test has no result", "add F.r.3.1, F.r.3.2 or F.r.3.4")


def _drug_roles(report: Report) -> Iterator[CheckFinding]:
    drugs, roles = report.each("drug"), report.each("drug role")
    role_of = {_reference(role.node, "subject2/h:productUseReference"): role.text("G.k.1") for role in roles}
    for drug in drugs:
        if drug.text("G.k.0") not in role_of:
            yield drug.place.finding("G.k.1", "the drug has no role", "add it, with the id of the drug")
    known = {drug.text("G.k.0") for drug in drugs}
    for role in roles:
        if _reference(role.node, "subject2/h:productUseReference") not in known:
            yield role.place.finding(
                "G.k.1", "the role is of a drug that is not in the message", "correct the id"
            )
    if roles and not {"1", "3", "4"} & set(role_of.values()):
        yield roles[0].place.finding(
            "G.k.1",
            "no drug is a suspect, interacting or was not administered",
            "state the role of the suspect",
        )


def _links(report: Report) -> Iterator[CheckFinding]:
    reactions = {each.text("E.i.0") for each in report.each("reaction")}
    drugs = {each.text("G.k.0") for each in report.each("drug")}
    for each in report.each("relatedness"):
        reaction = _reference(each.node, "subject1/h:adverseEffectReference")
        drug = _reference(each.node, "subject2/h:productUseReference")
        if reaction not in reactions or drug not in drugs:
            yield each.place.finding(
                "G.k.9.i.1", "the assessment names a reaction or drug that is not there", "correct the ids"
            )


def _meddra_version(report: Report) -> Iterator[CheckFinding]:
    versions = list(report.versions())
    for version, element, occurrence in versions:
        if version != versions[0][0]:
            yield occurrence.place.finding(
                element,
                f"version {version:.10} of MedDRA follows {versions[0][0]:.10}",
                "code the whole report with one version",
            )


def _reference(node: Any, path: str) -> str:
    nodes = find_nodes(node, f"h:{path}/h:id")
    return str(nodes[0].get("root", "")) if nodes else ""


_RULES: Final[tuple[Callable[[Report], Iterator[CheckFinding]], ...]] = (
    _identifiers,
    _dates,
    _documents,
    _expedited,
    _primary_source,
    _sender,
    _study,
    _patient,
    _tests,
    _drug_roles,
    _links,
    _meddra_version,
)
