"""The JSON of an alert. `rules` writes it; `ade-monitor alerts follow` and other subscribers read it.

`monitor/schemas/alert.schema.json` describes the same contract for programs in other languages.
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
    """One adverse effect in one tweet. Fields that a newer monitor adds are ignored.

    Attributes:
        alert_id: identity of the effect in the tweet, the same for every bundle.
        posted_at: when the tweet was posted, in UTC.
        probability: the Classifier's probability that the tweet reports an adverse effect.
        ptid: code of the MedDRA PT. It is None, with `pt_name` and `pt_score`, if the effect is uncoded.
        bundle: version of the bundle that raised the alert.
        detected_at: when the bundle scored the tweet, in UTC.
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


def parse_payload(text: str) -> AlertPayload:
    """Parse the JSON of an alert.

    Raises:
        PoisonError: the text is not JSON, or not an alert; the reason is "not-an-alert".
    """
    try:
        return AlertPayload.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "alert"
        raise PoisonError("not-an-alert", f"{field}: {first['msg']}") from None
