"""From a scored tweet to its alerts: one for each distinct effect."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import UTC, datetime

from models import Mention
from monitor.alerts.payload import AlertPayload, MentionPayload
from monitor.records import Alert, ScoredTweet


def alerts_of(
    scored: ScoredTweet, *, bundle: str, detected_at: datetime, min_probability: float
) -> list[Alert]:
    """Give one alert for each distinct effect that the tweet reports, in the order of the text.

    Mentions of one PT are one effect, told with the mention that the Normalizer is surest of; uncoded
    mentions are one effect where their words are the same.

    Args:
        scored: the tweet and what the model says of it.
        bundle: version of the model.
        detected_at: when the model said so, timezone-aware.
        min_probability: tweets of a lower probability raise nothing, in [0, 1].
    """
    prediction = scored.prediction
    if prediction.label != "ADE" or prediction.probability < min_probability:
        return []
    tellers: dict[str, Mention] = {}
    for mention in prediction.mentions:
        effect = effect_of(mention)
        if effect not in tellers or _sureness(mention) > _sureness(tellers[effect]):
            tellers[effect] = mention
    return [
        _alert(scored, effect, mention, bundle=bundle, detected_at=detected_at)
        for effect, mention in tellers.items()
    ]


def effect_of(mention: Mention) -> str:
    """Name the effect of a mention: its PT, or its words where it is uncoded."""
    if mention.ptid is not None:
        return f"pt:{mention.ptid}"
    return f"words:{_plain(mention.text)}"


def alert_id_of(tweet_id: str, effect: str) -> str:
    """Give the alert's id, 32 hexadecimal digits: a hash of the tweet and the effect alone.

    The bundle is left out on purpose: a newer model that sees the same effect in the same tweet
    must not raise a second alert.
    """
    return hashlib.sha256(f"{tweet_id}\0{effect}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _alert(
    scored: ScoredTweet, effect: str, mention: Mention, *, bundle: str, detected_at: datetime
) -> Alert:
    tweet = scored.received.tweet
    payload = AlertPayload(
        alert_id=alert_id_of(tweet.id, effect),
        tweet_id=tweet.id,
        posted_at=scored.received.posted_at.astimezone(UTC),
        text=tweet.text,
        probability=_within(scored.prediction.probability),
        mention=MentionPayload(
            start=mention.start, end=mention.end, text=mention.text, score=_within(mention.score)
        ),
        ptid=mention.ptid,
        pt_name=mention.pt_name,
        pt_score=None if mention.pt_score is None else _within(mention.pt_score),
        bundle=bundle,
        detected_at=detected_at.astimezone(UTC),
    )
    return Alert(payload.alert_id, tweet.id, payload.model_dump(mode="json"))


def _sureness(mention: Mention) -> tuple[float, float]:
    return (mention.pt_score or 0.0, mention.score)


def _within(probability: float) -> float:
    """Sums of float32 probabilities overshoot 1 by a rounding."""
    return min(max(probability, 0.0), 1.0)


def _plain(text: str) -> str:
    """Fold what varies without another meaning: case, spaces, hashtags, punctuation at the ends."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    stripped = folded.strip("#.,;:!?…\"'()[]{}*_~- ")
    return stripped or folded
