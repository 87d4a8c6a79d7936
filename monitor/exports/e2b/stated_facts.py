"""Which fields of a safety report follow from the facts that posts state (`monitor.enrich.facts`).

A fact belongs to a post, not to an effect or a drug. So what happened with the drug, and the outcome, are
taken over only if the posts of the case name one drug and one effect. Seriousness always is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from monitor.exports.e2b.case_rows import ReportPost
from monitor.exports.e2b.icsr import Outcome, Patient, Seriousness
from monitor.findings import FactKind

_SERIOUSNESS: Final = {
    FactKind.DEATH: Seriousness.DEATH,
    FactKind.LIFE_THREATENING: Seriousness.LIFE_THREATENING,
    FactKind.HOSPITAL: Seriousness.HOSPITAL,
    FactKind.DISABILITY: Seriousness.DISABILITY,
    FactKind.BIRTH_DEFECT: Seriousness.BIRTH_DEFECT,
}
_FEMALE: Final = re.compile(
    "mom|mum|mother|mama|mommy|mam|wife|girlfriend|gf|fiancee|fiancée|grandma|grandmother|granny|nana|aunt|"
    "sister|niece|daughter|girl|baby girl|mother-in-law|mil"
)
_MALE: Final = re.compile(
    "dad|father|papa|daddy|husband|hubby|boyfriend|bf|grandpa|grandfather|uncle|brother|nephew|son|boy|"
    "baby boy|father-in-law"
)
_AGE: Final = re.compile(
    r"(?<![\w.,/-])(?P<number>[1-9][0-9]{0,2})[ -](?P<unit>year|yr|month|week|day)s?[ -]old(?: [\w-]+)?$",
    re.IGNORECASE,
)
_UNITS: Final = {"year": "a", "yr": "a", "month": "mo", "week": "wk", "day": "d"}
_OLDEST: Final = 120
"""Years; no age is higher."""


class StatedFacts:
    """The facts that the posts of a case state.

    Args:
        posts: the posts of the case.
    """

    def __init__(self, posts: Sequence[ReportPost]) -> None:
        self._posts = posts
        self._facts = [(post, fact) for post in posts for fact in post.facts]
        drugs = {drug for post in posts for drug in post.drugs}
        effects = {effect for post in posts for effect in post.effects}
        self.one_drug = len(drugs) == 1
        """True if all effects of the posts are linked to the same drug."""
        self.one_pair = self.one_drug and len(effects) == 1
        """True if the posts mention one effect, too."""

    def of(self, kind: FactKind) -> list[Mapping[str, Any]]:
        """Return the facts of a kind."""
        return [fact for _, fact in self._facts if fact["kind"] == kind.value]

    def values(self, kind: FactKind) -> set[str | None]:
        """Return the values of the facts of a kind."""
        return {fact["value"] for fact in self.of(kind)}

    @property
    def seriousness(self) -> frozenset[Seriousness]:
        """The criteria that the posts state (E.i.3.2)."""
        return frozenset(criterion for kind, criterion in _SERIOUSNESS.items() if self.of(kind))

    @property
    def outcome(self) -> Outcome:
        """The outcome (E.i.7): fatal, not recovered although the drug was stopped, or unknown.

        "Better" after the drug was stopped may mean recovered or recovering, so it is unknown.
        """
        if not self.one_pair:
            return Outcome.UNKNOWN
        if self.of(FactKind.DEATH):
            return Outcome.FATAL
        if self.values(FactKind.DECHALLENGE) == {"negative"} and not self.of(FactKind.RECHALLENGE):
            return Outcome.NOT_RECOVERED
        return Outcome.UNKNOWN

    @property
    def withdrawn(self) -> bool:
        """True if the posts state that the drug was stopped (G.k.8)."""
        return self.one_drug and bool(self.of(FactKind.DECHALLENGE))

    @property
    def recurred(self) -> bool | None:
        """True if the event came back when the drug was taken again (G.k.9.i.4), None if nobody says."""
        values = self.values(FactKind.RECHALLENGE)
        if not self.one_pair or len(values) != 1:
            return None
        return {"positive": True, "negative": False}.get(values.pop() or "")

    @property
    def drug_codes(self) -> tuple[str, ...]:
        """Overdose ("2") and misuse ("8") in codes (G.k.10.r)."""
        kinds = {"2": FactKind.OVERDOSE, "8": FactKind.MISUSE}
        return tuple(code for code, kind in kinds.items() if self.one_drug and self.of(kind))

    @property
    def dosage(self) -> str | None:
        """The words of the doses (G.k.4.r.8)."""
        words = dict.fromkeys(fact["text"] for fact in self.of(FactKind.DOSE)) if self.one_drug else {}
        return "; ".join(words) or None

    def patient(self, identified: bool) -> Patient:
        """Return the patient; age and sex only if the posts speak of one person and state them.

        Args:
            identified: True if a post states whom it happened to.
        """
        people = [(post, fact) for post, fact in self._facts if fact["kind"] == FactKind.PATIENT.value]
        if len({fact["value"] for _, fact in people}) != 1:
            return Patient(identified)
        sexes = {_sex(fact["text"]) for _, fact in people}
        ages = {age for post, fact in people if (age := _age(post.text, fact["end"]))}
        return Patient(
            identified,
            age=ages.pop() if len(ages) == 1 else None,
            sex=sexes.pop() if len(sexes) == 1 else None,
        )


def _sex(words: str) -> str | None:
    """Return the code of the sex that a word for a person states: "wife" is "2"; "self" and "child" none."""
    word = " ".join(words.casefold().split())
    if _FEMALE.fullmatch(word):
        return "2"
    return "1" if _MALE.fullmatch(word) else None


def _age(text: str | None, end: int) -> tuple[int, str] | None:
    """Return the age that stands before the word for a person, as in "my 67-year-old mom"."""
    match = _AGE.search((text or "")[:end])
    if match is None:
        return None
    age = int(match["number"]), _UNITS[match["unit"].casefold()]
    return None if age[1] == "a" and age[0] > _OLDEST else age
