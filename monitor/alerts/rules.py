"""The rules that decide which predictions raise an alert, and which alerts are the same."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from models import Mention
from models.predictions import clamp_optional, clamp_probability
from monitor.alerts.payload import AlertPayload, MentionPayload
from monitor.records import Alert, ScoredPost


class AlertRules:
    """Decides which alerts scored tweets raise. No other part of the monitor decides this.

    Each version of an edited tweet is scored, and its alerts have the ids of those that it raised before. The
    store compares the two. A repost raises its own alerts.

    A tweet raises alerts if its label is ADE and its probability reaches `min_probability`. It raises one
    alert for each distinct effect. Mentions with the same PT are one effect. Uncoded mentions are one
    effect if their words are the same.

    Args:
        bundle: version of the bundle that made the predictions.
        min_probability: minimum probability of a tweet that raises alerts, in [0, 1].
    """

    def __init__(self, *, bundle: str, min_probability: float = 0.0) -> None:
        self._bundle = bundle
        self._min_probability = min_probability

    def alerts_for(self, scored: Sequence[ScoredPost], *, detected_at: datetime | None = None) -> list[Alert]:
        """Return the alerts of several tweets, in the order of the tweets and of their text.

        Args:
            scored: tweets with their predictions.
            detected_at: time of the predictions, timezone-aware; now by default.
        """
        detected_at = (detected_at or datetime.now(UTC)).astimezone(UTC)
        return [alert for tweet in scored for alert in self._alerts_for_one(tweet, detected_at)]

    def _alerts_for_one(self, scored: ScoredPost, detected_at: datetime) -> Iterator[Alert]:
        prediction = scored.prediction
        if prediction.label != "ADE" or prediction.probability < self._min_probability:
            return
        for effect, mention in _best_mentions(prediction.mentions).items():
            alert_id = alert_id_of(scored.received.post.id, effect)
            payload = _payload(alert_id, scored, mention, self._bundle, detected_at)
            yield Alert(alert_id, payload.tweet_id, payload.model_dump(mode="json"))


def effect_of(mention: Mention) -> str:
    """Return a key for the effect of a mention: its PT, or its words if it is uncoded."""
    if mention.ptid is not None:
        return f"pt:{mention.ptid}"
    return f"words:{_normalized(mention.text)}"


def alert_id_of(tweet_id: str, effect: str) -> str:
    """Return the id of an alert, 32 hexadecimal digits: a hash of the tweet and the effect.

    The bundle is left out on purpose. A newer model that finds the same effect in the same tweet must not
    raise a second alert.
    """
    return hashlib.sha256(f"{tweet_id}\0{effect}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def utf16_units(text: str, end: int) -> int:
    """Return how many UTF-16 units the first `end` code points of `text` have: two beyond U+FFFF, else one.

    Strings of JavaScript, Java and C# count these units.
    """
    return len(text[:end].encode("utf-16-le", "surrogatepass")) // 2


def _best_mentions(mentions: Sequence[Mention]) -> dict[str, Mention]:
    """Return the mention with the highest score for each effect."""
    best: dict[str, Mention] = {}
    for mention in mentions:
        effect = effect_of(mention)
        if effect not in best or _confidence(mention) > _confidence(best[effect]):
            best[effect] = mention
    return best


def _confidence(mention: Mention) -> tuple[float, float]:
    return (mention.pt_score or 0.0, mention.score)


def _payload(
    alert_id: str, scored: ScoredPost, mention: Mention, bundle: str, detected_at: datetime
) -> AlertPayload:
    tweet = scored.received.post
    return AlertPayload(
        alert_id=alert_id,
        tweet_id=tweet.id,
        posted_at=scored.received.posted_at.astimezone(UTC),
        edited_at=None if tweet.edited_at is None else tweet.edited_at.astimezone(UTC),
        platform=tweet.platform,
        kind=tweet.kind,
        url=tweet.url,
        text=tweet.text,
        probability=clamp_probability(scored.prediction.probability),
        first_probability=clamp_optional(scored.prediction.first_probability),
        second_probability=clamp_optional(scored.prediction.second_probability),
        mention=MentionPayload(
            start=mention.start,
            end=mention.end,
            start_utf16=utf16_units(tweet.text, mention.start),
            end_utf16=utf16_units(tweet.text, mention.end),
            text=mention.text,
            score=clamp_probability(mention.score),
        ),
        ptid=mention.ptid,
        pt_name=mention.pt_name,
        pt_score=clamp_optional(mention.pt_score),
        bundle=bundle,
        detected_at=detected_at,
    )


def _normalized(text: str) -> str:
    """Return `text` without what does not change its meaning: case, spacing, # and outer punctuation."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    stripped = folded.strip("#.,;:!?…\"'()[]{}*_~- ")
    return stripped or folded
