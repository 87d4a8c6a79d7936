"""The JSON of an alert and of a retraction, which subscribers read. `rules` and the relay write them.

`alert.schema.json` and `retraction.schema.json` in `monitor/schemas/` describe the same contract for programs
in other languages.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from monitor.errors import PoisonError
from monitor.records import PostKind

Score = Annotated[float, Field(ge=0, le=1)]
AlertId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Offset = Annotated[int, Field(ge=0)]
TimeOfDay = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class MentionPayload(BaseModel):
    """The span that reports the effect.

    `start` and `end` count code points of the post's text, `start_utf16` and `end_utf16` count UTF-16 units.
    Alerts of older versions lack the latter two.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    start: Offset
    end: Offset
    start_utf16: Offset | None = None
    end_utf16: Offset | None = None
    text: str
    score: Score


class DrugPayload(BaseModel):
    """The drug that the effect is linked to.

    Attributes:
        name: canonical name, see `DrugMention.drug`.
        atc: its ATC code, or None.
        text: the name as the author writes it.
        score: how sure the link is.
        place: where the drug is named: a value of `DrugPlace`; a newer monitor may add others.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    name: str = Field(min_length=1)
    atc: str | None = None
    text: str
    score: Score
    place: str


class FactPayload(BaseModel):
    """A fact that the post states.

    Attributes:
        kind: a value of `FactKind`; a newer monitor may add others.
        text: the words that state it.
        value: its value in a normalized form, or None.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    kind: str = Field(min_length=1)
    text: str
    value: str | None = None


class QuietHoursPayload(BaseModel):
    """The hours of each day in which the alert waits; they may last over midnight."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    start: TimeOfDay
    end: TimeOfDay
    time_zone: str = Field(min_length=1)


class AlertPayload(BaseModel):
    """One adverse effect in one post. Fields that a newer monitor adds are ignored.

    Alerts of older versions lack the fields from `drug` on.

    Attributes:
        alert_id: identity of the effect in the post, the same for every bundle.
        posted_at: when the post was posted, in UTC.
        edited_at: when this version of the post was written, in UTC, or None if it was never edited.
        platform: name of the platform, such as "x"; None if it is not known.
        kind: how the post refers to another one; None in alerts of older versions.
        url: address of the post, or None.
        probability: the Classifier's probability that the post reports an adverse effect.
        first_probability: of a bundle with two readers, the first one's own probability; else None.
        second_probability: of a bundle with two readers, the second one's own probability; else None.
        ptid: code of the MedDRA PT. It is None, with `pt_name` and `pt_score`, if the effect is uncoded.
        bundle: version of the bundle that raised the alert.
        detected_at: when the bundle scored the post, in UTC.
        drug: the drug that the effect is linked to, or None.
        facts: what the post states about the case.
        serious: True if one of them is a criterion of a serious case.
        missing: the minimum criteria of a valid report that the post lacks: of "reporter", "patient",
            "product" and "event".
        case_id: the case of the report, or None.
        listedness: whether the labels of the drug list the effect: a value of `Listedness`, or None.
        listed_sentence: the sentence of the label, or None.
        rules: names of the rules that raised the alert.
        tags: what rules wrote to it.
        severity: "info", "low", "medium", "high" or "critical"; None if no rule states one.
        routes: names of the routes on which it is delivered; empty for the default.
        delivery: "immediate", or the digest that has it: "hourly" or "daily".
        quiet_hours: when it waits, or None.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    alert_id: AlertId
    tweet_id: str = Field(min_length=1)
    posted_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    platform: str | None = None
    kind: PostKind | None = None
    url: str | None = None
    text: str
    probability: Score
    first_probability: Score | None = None
    second_probability: Score | None = None
    mention: MentionPayload
    ptid: str | None
    pt_name: str | None
    pt_score: Score | None
    bundle: str
    detected_at: AwareDatetime
    drug: DrugPayload | None = None
    facts: tuple[FactPayload, ...] = ()
    serious: bool | None = None
    missing: tuple[str, ...] = ()
    case_id: str | None = None
    listedness: str | None = None
    listed_sentence: str | None = None
    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    severity: str | None = None
    routes: tuple[str, ...] = ()
    delivery: str = "immediate"
    quiet_hours: QuietHoursPayload | None = None


class RetractionPayload(BaseModel):
    """An alert is no longer true, or its post must no longer be shown. Its `alert_id` names the alert.

    Attributes:
        retracted_at: when it was retracted, in UTC. No alert has this field.
        reason: one of `RetractionReason`; a newer monitor may add others.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    alert_id: AlertId
    retracted_at: AwareDatetime
    reason: str = Field(min_length=1)


Payload = TypeVar("Payload", AlertPayload, RetractionPayload)


def parse_payload(text: str) -> AlertPayload:
    """Parse the JSON of an alert.

    Raises:
        PoisonError: the text is not JSON, or not an alert; the reason is "not-an-alert".
    """
    return _parse(AlertPayload, text)


def parse_retraction(text: str) -> RetractionPayload:
    """Parse the JSON of a retraction.

    Raises:
        PoisonError: the text is not JSON, or not a retraction; the reason is "not-an-alert".
    """
    return _parse(RetractionPayload, text)


def _parse(kind: type[Payload], text: str) -> Payload:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "alert"
        raise PoisonError("not-an-alert", f"{field}: {first['msg']}") from None
