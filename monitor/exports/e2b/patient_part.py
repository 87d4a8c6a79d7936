"""The patient's part of an E2B(R3) message: sections D (patient), E (reaction) and G (drug)."""

from __future__ import annotations

from typing import Any, Final

from monitor.exports.e2b.icsr import Patient, SafetyReport, Seriousness, SuspectDrug
from monitor.exports.e2b.oids import oid
from monitor.exports.e2b.xml_parts import (
    add,
    add_code,
    add_id,
    add_null,
    add_observation,
    add_value,
    internal_id,
    legal,
)

_RELATION: Final = "outboundRelationship2/observation"
SUSPECT: Final = "1"


def add_assessment(investigation: Any, report: SafetyReport) -> None:
    """Add the assessment: patient, reaction, drug and its role, and the sender's comment."""
    assessment = add(investigation, "component/adverseEventAssessment")
    subject = add(assessment, "subject1", typeCode="SBJ")
    role = add(subject, "primaryRole")
    _add_patient(role, report.patient)
    _add_reaction(role, report)
    _add_drug(role, report)
    _add_role(assessment, report)
    comment = add_observation(assessment, "10", "component1/observationEvent")
    add_value(comment, "ED", legal(report.comment, 20_000))
    add_code(add(comment, "author/assignedEntity"), "1", "L.21")


def _add_patient(role: Any, patient: Patient) -> None:
    player = add(role, "player1")
    add_null(player, "name", "MSK" if patient.identified else "UNK")  # D.1
    if patient.sex is None:
        add_null(player, "administrativeGenderCode", "UNK")  # D.5
    else:
        add(player, "administrativeGenderCode", code=patient.sex, codeSystem=oid("sex"))
    if patient.age is not None:  # D.2.2
        number, unit = patient.age
        add_value(_subject(role, "3"), "PQ", value=str(number), unit=unit)
    organizer = add(role, "subjectOf2", typeCode="SBJ")
    organizer = add(organizer, "organizer")
    add_code(organizer, "1", "L.20")
    history = add_observation(organizer, "18", "component/observation")
    add_value(history, "ED", nullFlavor="UNK")  # D.7.2


def _subject(role: Any, code: str) -> Any:
    return add_observation(role, code, "subjectOf2/observation", typeCode="SBJ")


def _add_reaction(role: Any, report: SafetyReport) -> None:
    reaction = report.reaction
    subject = add(role, "subjectOf2", typeCode="SBJ")
    observation = add(subject, "observation")
    add(observation, "id", root=_reaction_id(report))
    add_code(observation, "29", "L.19")
    value = add_value(
        observation, "CE", code=reaction.code, codeSystem=oid("MedDRA"), codeSystemVersion=reaction.version
    )
    words = legal(reaction.words or "", 250)
    if words and reaction.language:  # E.i.1.1
        add(value, "originalText", words, language=reaction.language)
    for criterion in Seriousness:  # E.i.3.2
        stated = {"value": "true"} if criterion in reaction.seriousness else {"nullFlavor": "NI"}
        add_value(_related(observation, criterion.value, "PERT"), "BL", **stated)
    outcome = _related(observation, "27", "PERT")
    add_value(outcome, "CE", code=reaction.outcome.value, codeSystem=oid("L.11"))  # E.i.7


def _related(parent: Any, code: str, kind: str) -> Any:
    return add_observation(parent, code, _RELATION, typeCode=kind)


def _add_drug(role: Any, report: SafetyReport) -> None:
    drug = report.drug
    organizer = add(add(role, "subjectOf2", typeCode="SBJ"), "organizer")
    add_code(organizer, "4", "L.20")
    administration = add(organizer, "component/substanceAdministration")
    add(administration, "id", root=_drug_id(report))
    product = add(administration, "consumable/instanceOfKind/kindOfProduct")
    add(product, "name", legal(drug.name, 250))  # G.k.2.2
    for substance in drug.substances:  # G.k.2.3.r.1
        add(product, "ingredient/ingredientSubstance/name", legal(substance, 250))
    _add_course(administration, drug, _reaction_id(report))


def _add_course(administration: Any, drug: SuspectDrug, reaction_id: str) -> None:
    """Add what happened with the drug: dosage, rechallenge, additional information, and its withdrawal."""
    if dosage := legal(drug.dosage or "", 2_000):  # G.k.4.r.8
        relation = add(administration, "outboundRelationship2", typeCode="COMP")
        add(relation, "substanceAdministration/text", dosage)
    if drug.recurred is not None:  # G.k.9.i.4
        rechallenge = _related(administration, "31", "PERT")
        add_value(rechallenge, "CE", code="1" if drug.recurred else "2", codeSystem=oid("L.16"))
        add(rechallenge, "outboundRelationship1/actReference/id", root=reaction_id)
    for code in drug.codes:  # G.k.10.r
        add_value(_related(administration, "9", "REFR"), "CE", code=code, codeSystem=oid("L.17"))
    if note := legal(drug.note or "", 2_000):  # G.k.11
        add_value(_related(administration, "2", "REFR"), "ST", note)
    if drug.withdrawn:  # G.k.8
        add_code(add(administration, "inboundRelationship/act"), "1", "L.15")


def _add_role(assessment: Any, report: SafetyReport) -> None:
    """Add that the drug is the suspect (G.k.1)."""
    causality = add_observation(assessment, "20", "component/causalityAssessment")
    add_value(causality, "CE", code=SUSPECT, codeSystem=oid("L.13"))
    subject = add(causality, "subject2", typeCode="SUBJ")
    add(subject, "productUseReference/id", root=_drug_id(report))


def _reaction_id(report: SafetyReport) -> str:
    return internal_id("reaction", report.number)


def _drug_id(report: SafetyReport) -> str:
    return internal_id("drug", report.number)


def add_source(investigation: Any, report: SafetyReport) -> None:
    """Add the primary source (C.2): a consumer whose name is masked, or was not asked for."""
    source = add(investigation, "outboundRelationship")
    add(source, "priorityNumber", value="1")  # C.2.r.5
    related = add(source, "relatedInvestigation")
    add_code(related, "2", "L.22")
    subject = add(related, "subjectOf2", typeCode="SUBJ")
    person = add(subject, "controlActEvent/author/assignedEntity/assignedPerson")
    name = add(person, "name")
    for part in ("given", "family"):  # C.2.r.1
        add_null(name, part, "MSK" if report.reporter_known else "NASK")
    add_code(add(person, "asQualifiedEntity"), "5", "L.6")  # C.2.r.4
    add_null(add(person, "asLocatedEntity/location"), "code", "UNK", codeSystem=oid("country"))  # C.2.r.3


def add_linked(investigation: Any, identifiers: tuple[str, ...]) -> None:
    """Add the sender's other reports about the same posts (C.1.10.r)."""
    for identifier in identifiers:
        related = add(investigation, "outboundRelationship/relatedInvestigation")
        add_null(related, "code", "NA")
        subject = add(related, "subjectOf2", typeCode="SUBJ")
        add_id(add(subject, "controlActEvent"), "R.2", identifier)
