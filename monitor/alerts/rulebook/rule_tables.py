"""The tables of the rules file: which keys they have, and which values are valid."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from models.languages import primary_language
from monitor.alerts.rulebook.actions import Action, AlertDelivery, CooldownBy, Severity
from monitor.alerts.rulebook.durations import parse_duration, parse_hours, require_time_zone
from monitor.findings import DrugPlace, FactKind
from monitor.store.listed_effects import Listedness

LONGEST: Final = 200
"""Longest name or value, in characters."""


def _as_list(value: object) -> object:
    """Accept a single value instead of a list of one, and a code that is written as a number."""
    values = value if isinstance(value, list) else [value]
    return tuple(str(item) if type(item) is int else item for item in values)


def is_code(term: str) -> bool:
    """Return True if a PT is written as its code; everything else is its name."""
    return term.isdigit()


def _printable(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    if not text.isprintable():
        raise ValueError("has a control character or a line break")
    return text.strip()


def _language(tag: str) -> str:
    language = primary_language(tag)
    if language is None:
        raise ValueError(f'"{tag:.40}" is not a language tag: write one like en or de')
    return language


def _copies(value: object) -> object:
    if isinstance(value, bool) or value == "only":
        return value
    raise ValueError('must be true, false or "only"')


def _one_of(kind: type[StrEnum]) -> BeforeValidator:
    """Return the validator of a value of an enumeration, written as text."""

    def choose(value: object) -> StrEnum:
        if isinstance(value, str) and value in set(kind):
            return kind(value)
        raise ValueError(f"must be one of {', '.join(kind)}")

    return BeforeValidator(choose)


Text = Annotated[str, Field(max_length=LONGEST), AfterValidator(_printable)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)]
Language = Annotated[str, AfterValidator(_language)]
Languages = Annotated[tuple[Language, ...], BeforeValidator(_as_list), Field(min_length=1)]
Fact = Annotated[FactKind, _one_of(FactKind)]
Facts = Annotated[tuple[Fact, ...], BeforeValidator(_as_list), Field(min_length=1)]
Place = Annotated[DrugPlace, _one_of(DrugPlace)]
Places = Annotated[tuple[Place, ...], BeforeValidator(_as_list), Field(min_length=1)]
Verdict = Annotated[Listedness, _one_of(Listedness)]
Verdicts = Annotated[tuple[Verdict, ...], BeforeValidator(_as_list), Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1)]


class FileTable(BaseModel):
    """A table of the file: an unknown key in it is an error rather than a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class ConditionsTable(FileTable):
    """Conditions of `[rule.when]` and `[rule.not]`; a list means any of its values.

    Attributes:
        drug: names of drugs, any that the dictionary knows.
        drug_class: ATC codes or names of classes.
        group: names of product groups of the same file.
        has_drug: whether the effect is linked to a drug.
        drug_place: where the drug is named.
        pt: codes or names of PTs.
        soc: codes or names of System Organ Classes; `hlgt` and `hlt` likewise.
        smq: codes or names of SMQs; ":broad" at the end means the broad search.
        ime: whether the PT is an important medical event.
        dme: whether the PT is a designated medical event.
        serious: whether the post states a criterion of a serious case.
        facts: kinds of facts that the post states.
        source: names of platforms.
        language: languages that the platform states.
        min_probability: minimum probability of the post.
        first_time: whether the pair of drug and effect is reported for the first time.
        listedness: whether the labels of the drug list the effect.
    """

    drug: Texts | None = None
    drug_class: Texts | None = Field(None, alias="class")
    group: Texts | None = None
    has_drug: bool | None = None
    drug_place: Places | None = None
    pt: Texts | None = None
    soc: Texts | None = None
    hlgt: Texts | None = None
    hlt: Texts | None = None
    smq: Texts | None = None
    ime: bool | None = None
    dme: bool | None = None
    serious: bool | None = None
    facts: Facts | None = None
    source: Texts | None = None
    language: Languages | None = None
    min_probability: Probability | None = None
    first_time: bool | None = None
    listedness: Verdicts | None = None


class WhenTable(ConditionsTable):
    """`[rule.when]`: all its conditions must hold.

    Attributes:
        copies: True if the rule also applies to copies of earlier posts, "only" for copies alone.
    """

    copies: Annotated[bool | Literal["only"] | None, BeforeValidator(_copies)] = None


class RuleTable(FileTable):
    """A `[[rule]]`.

    Attributes:
        name: shown in alerts and lists; no other rule has it.
        when: conditions that must all hold; without one, the rule applies to every effect.
        unless: `[rule.not]`: conditions of which none may hold.
        action: what the rule does.
        every: how often a digest is sent.
        tags: written to the mention and to the alert.
        cooldown: seconds for which an alert keeps others away.
        cooldown_by: which others.
        quiet_hours: hours in which the alert is not delivered.
        time_zone: their time zone, instead of that of the file.
        severity: how much the alert matters.
        route: names of `[route.NAME]` tables to which the alert goes.
    """

    name: Text
    when: WhenTable = WhenTable()
    unless: ConditionsTable = Field(ConditionsTable(), alias="not")
    action: Annotated[Action, _one_of(Action)] = Action.ALERT
    every: Annotated[AlertDelivery, _one_of(AlertDelivery)] | None = None
    tags: Texts = ()
    cooldown: int | None = None
    cooldown_by: Annotated[CooldownBy, _one_of(CooldownBy)] | None = None
    quiet_hours: tuple[time, time] | None = None
    time_zone: Annotated[str, AfterValidator(require_time_zone)] | None = None
    severity: Annotated[Severity, _one_of(Severity)] | None = None
    route: Texts = ()

    @field_validator("cooldown", mode="before")
    @classmethod
    def _duration(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError('must be a duration in quotation marks, such as "6h"')
        return parse_duration(value)

    @field_validator("quiet_hours", mode="before")
    @classmethod
    def _hours(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError('must be hours in quotation marks, such as "22:00-07:00"')
        return parse_hours(value)


class GroupTable(FileTable):
    """A product group `[group.NAME]`: drugs, and other groups whose drugs it has, too."""

    drugs: Annotated[tuple[Text, ...], BeforeValidator(_as_list)] = ()
    groups: Annotated[tuple[Text, ...], BeforeValidator(_as_list)] = ()


class RulesTable(FileTable):
    """The whole file."""

    time_zone: Annotated[str, AfterValidator(require_time_zone)] = "UTC"
    rule: tuple[RuleTable, ...] = Field(default=(), strict=False)
    group: dict[str, GroupTable] = {}
    route: dict[str, dict[str, Any]] = {}
