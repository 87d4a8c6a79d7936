"""What an alert says, as JSON: written by `raising`, read by `ade-monitor alerts follow` and by subscribers.

`monitor/schemas/alert.schema.json` is the same contract for programs in other languages.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from monitor.errors import PoisonError

Score = Annotated[float, Field(ge=0, le=1)]


class MentionPayload(BaseModel):
    """The span that reports the effect; `start` and `end` count code points of the tweet's text."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    score: Score


class AlertPayload(BaseModel):
    """One adverse effect in one tweet. Names that a newer monitor adds are ignored when read.

    Attributes:
        alert_id: the same for the same effect in the same tweet, whatever the bundle.
        posted_at: when the tweet was posted, UTC.
        probability: the Classifier's, that the tweet reports an adverse effect.
        ptid: code of the MedDRA PT; None with `pt_name` and `pt_score` where the effect is uncoded.
        bundle: version of the model that raised the alert.
        detected_at: when it did, UTC.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    alert_id: str = Field(pattern="^[0-9a-f]{32}$")
    tweet_id: str = Field(min_length=1)
    posted_at: AwareDatetime
    text: str
    probability: Score
    mention: MentionPayload
    ptid: str | None
    pt_name: str | None
    pt_score: Score | None
    bundle: str
    detected_at: AwareDatetime


def read_payload(text: str) -> AlertPayload:
    """Read an alert as it stands in the Redis Stream.

    Raises:
        PoisonError: it is not JSON, or no alert; the reason is "not-an-alert".
    """
    try:
        return AlertPayload.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "alert"
        raise PoisonError("not-an-alert", f"{place}: {first['msg']}") from None
