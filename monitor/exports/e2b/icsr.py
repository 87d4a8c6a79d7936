"""The content of E2B(R3) messages: who sends, and one safety report. None becomes a null flavour.

Names follow the standard (ICH E2B(R3)); the numbers of the data elements are in the comments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Seriousness(StrEnum):
    """Criteria of a serious event, by the code of the observation that states it (E.i.3.2)."""

    DEATH = "34"
    LIFE_THREATENING = "21"
    HOSPITAL = "33"
    DISABILITY = "35"
    BIRTH_DEFECT = "12"
    OTHER = "26"


class Outcome(StrEnum):
    """Outcome of an event (E.i.7)."""

    RECOVERED = "1"
    NOT_RECOVERED = "3"
    FATAL = "5"
    UNKNOWN = "0"


@dataclass(frozen=True, slots=True)
class ReportSender:
    """Who sends the reports, and to whom.

    Attributes:
        organization: name of the sender's organisation (C.3.2).
        country: its country, two letters (C.3.4.5; also in the identifiers of reports).
        kind: sender type, "1" to "7" (C.3.1).
        sender_id: identifier that the receiver knows (N.1.3, N.2.r.2).
        receiver_id: identifier of the receiver of the batch (N.1.4).
        message_receiver_id: identifier of the receiver of each message (N.2.r.3).
    """

    organization: str
    country: str
    kind: str
    sender_id: str
    receiver_id: str
    message_receiver_id: str

    def report_id(self, number: str) -> str:
        """Return the worldwide unique identifier of a report: country-organisation-number (C.1.1)."""
        name = "".join(character for character in self.organization if character.isalnum())
        return f"{self.country}-{name.upper() or 'SENDER'}-{number}"


@dataclass(frozen=True, slots=True)
class Patient:
    """The patient.

    Attributes:
        identified: True if the reports say who it is; the name is then masked, else unknown (D.1).
        age: age with its unit in UCUM ("a", "mo", "wk", "d"), or None (D.2.2).
        sex: "1" for male, "2" for female, or None (D.5).
    """

    identified: bool
    age: tuple[int, str] | None = None
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """An event.

    Attributes:
        code: MedDRA code of an LLT or PT; each PT is an LLT, too (E.i.2.1b).
        version: version of MedDRA, such as "27.1" (E.i.2.1a).
        words: the author's words, or None (E.i.1.1a).
        language: their language, three letters of ISO 639-2, or None (E.i.1.1b).
        seriousness: criteria that the posts state (E.i.3.2).
        outcome: the outcome (E.i.7).
    """

    code: str
    version: str
    words: str | None = None
    language: str | None = None
    seriousness: frozenset[Seriousness] = frozenset()
    outcome: Outcome = Outcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class SuspectDrug:
    """The suspect drug (G.k.1 is 1).

    Attributes:
        name: as the author names it (G.k.2.2).
        substances: its ingredients; empty for a class of drugs (G.k.2.3.r.1).
        dosage: the author's words for the dose, or None (G.k.4.r.8).
        withdrawn: True if the posts state that it was stopped (G.k.8); else nothing is transmitted.
        recurred: whether the event came back with it (G.k.9.i.4), or None.
        codes: additional information: "2" overdose, "8" misuse (G.k.10.r).
        note: additional information in words, such as the ATC code, or None (G.k.11).
    """

    name: str
    substances: tuple[str, ...] = ()
    dosage: str | None = None
    withdrawn: bool = False
    recurred: bool | None = None
    codes: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SafetyReport:
    """One individual case safety report.

    Attributes:
        number: number of the report at the sender, such as the id of the case.
        received_at: first receipt of its first post (C.1.4).
        updated_at: receipt of its latest post (C.1.5).
        reporter_known: True if an account is known; the names are then masked, else not asked (C.2.r.1).
        patient: the patient.
        reaction: the event.
        drug: the drug.
        narrative: what the posts say (H.1).
        comment: what the sender says about the report (H.4).
        linked: numbers of the sender's reports about the same posts (C.1.10.r).
        expedited: whether it fulfils the local criteria, or None if nobody decided (C.1.7).
    """

    number: str
    received_at: datetime
    updated_at: datetime
    reporter_known: bool
    patient: Patient
    reaction: Reaction
    drug: SuspectDrug
    narrative: str
    comment: str
    linked: tuple[str, ...] = ()
    expedited: bool | None = None
