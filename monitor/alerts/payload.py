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


class AlertPayload(BaseModel):
    """One adverse effect in one post. Fields that a newer monitor adds are ignored.

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
