"""Which alerts scored tweets raise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from monitor.alerts import AlertRules
from monitor.alerts.raising import utf16_units
from monitor.effect_reports import reports_of
from monitor.records import Post, PostKind, ScoredPost
from tests.monitor.alerts.scored_tweets import NOW, mention, scored


def raised(tweet: ScoredPost, *, bundle: str = "b1", min_probability: float = 0.0) -> list[dict[str, object]]:
    rules = AlertRules(bundle=bundle, min_probability=min_probability)
    return [
        dict(alert.payload)
        for alert in rules.decide(reports_of([tweet]), detected_at=NOW).alerts(frozenset())
    ]


def span(start: int, end: int, *, score: float) -> dict[str, object]:
    return {
        "start": start,
        "end": end,
        "start_utf16": start,
        "end_utf16": end,
        "text": "shaky",
        "score": score,
    }


def test_mentions_of_one_pt_are_one_alert_with_the_best_mention() -> None:
    weak, strong = (
        mention(0, 5, ptid="10044565", pt_score=0.4),
        mention(20, 25, ptid="10044565", pt_score=0.7),
    )
    for mentions in ((weak, strong), (strong, weak)):
        [payload] = raised(scored(*mentions))
        assert payload["mention"] == span(20, 25, score=0.8)
        assert payload["pt_score"] == 0.7


def test_two_pts_are_two_alerts() -> None:
    payloads = raised(scored(mention(ptid="10044565"), mention(ptid="10022437")))
    assert [payload["ptid"] for payload in payloads] == ["10044565", "10022437"]
    assert payloads[0]["alert_id"] != payloads[1]["alert_id"]


def test_uncoded_mentions_of_the_same_words_are_one_alert() -> None:
    same = ["brain zaps", "Brain  Zaps!", "#BRAIN ZAPS", "ｂｒａｉｎ ｚａｐｓ"]
    different = ["brain zaps", "brain fog", "!!!"]
    assert len(raised(scored(*(mention(text=text) for text in same)))) == 1
    assert len(raised(scored(*(mention(text=text) for text in different)))) == 3


def test_the_score_of_the_span_decides_between_equal_pt_scores() -> None:
    for ptid in (None, "10044565"):
        weak, strong = mention(0, 5, ptid=ptid, score=0.4), mention(20, 25, ptid=ptid, score=0.7)
        for mentions in ((weak, strong), (strong, weak)):
            [payload] = raised(scored(*mentions))
            assert payload["mention"] == span(20, 25, score=0.7)


def test_the_first_of_equal_mentions_is_in_the_alert() -> None:
    [payload] = raised(scored(mention(0, 5), mention(20, 25)))
    assert payload["mention"] == span(0, 5, score=0.8)


def test_the_span_is_also_counted_in_utf16_units() -> None:
    text = "😭 shaky 😭"
    tweet = replace(scored().received, post=Post("1", text))
    [payload] = raised(replace(scored(mention(2, 7)), received=tweet))
    span_of_payload: Any = payload["mention"]
    assert (span_of_payload["start_utf16"], span_of_payload["end_utf16"]) == (3, 8)
    assert [utf16_units(text, end) for end in range(len(text) + 1)] == [
        len(text[:end].encode("utf-16-le")) // 2 for end in range(len(text) + 1)
    ]


def test_an_alert_shows_where_its_post_comes_from() -> None:
    edited = NOW.astimezone(timezone(timedelta(hours=2)))
    post = Post(
        "bsky:did:plc:a/1",
        "shaky",
        platform="bluesky",
        kind=PostKind.REPLY,
        url="https://bsky.app/1",
        edited_at=edited,
    )
    [payload] = raised(replace(scored(mention()), received=replace(scored().received, post=post)))
    assert {name: payload[name] for name in ("platform", "kind", "url", "edited_at")} == {
        "platform": "bluesky",
        "kind": "reply",
        "url": "https://bsky.app/1",
        "edited_at": "2026-07-01T12:00:00Z",
    }


def test_each_version_of_a_post_raises_the_same_alert() -> None:
    first, second = scored(mention(ptid="10044565")), scored(mention(20, 25, ptid="10044565"))
    assert [raised(version)[0]["alert_id"] for version in (first, second)] == 2 * [
        raised(first)[0]["alert_id"]
    ]


def test_a_repost_raises_its_own_alert() -> None:
    original = scored(mention(ptid="10044565"), tweet_id="1")
    post = Post("2", "RT @a: shaky", kind=PostKind.REPOST, referenced_id="1")
    repost = replace(original, received=replace(original.received, post=post))
    [of_repost], [of_original] = raised(repost), raised(original)
    assert of_repost["alert_id"] != of_original["alert_id"]
    assert of_repost["kind"] == "repost"


def test_an_uncoded_alert_has_no_pt() -> None:
    [payload] = raised(scored(mention()))
    assert (payload["ptid"], payload["pt_name"], payload["pt_score"]) == (None, None, None)


def test_the_id_depends_on_the_tweet_and_not_on_the_bundle() -> None:
    def alert_id(tweet_id: str = "1", bundle: str = "b1") -> object:
        [payload] = raised(scored(mention(ptid="10044565"), tweet_id=tweet_id), bundle=bundle)
        return payload["alert_id"]

    assert alert_id() == alert_id(bundle="b2")
    assert alert_id() != alert_id(tweet_id="2")


def test_the_id_is_the_same_in_every_release() -> None:
    [payload] = raised(scored(mention(ptid="10044565")))
    assert payload["alert_id"] == "1f98e54f626617738387dfef39e3372e"


@pytest.mark.parametrize(
    ("label", "probability", "minimum", "alerts"),
    [("ADE", 0.5, 0.5, 1), ("ADE", 0.49, 0.5, 0), ("NoADE", 0.9, 0.0, 0), ("ADE", 0.0, 0.0, 1)],
)
def test_only_positive_tweets_that_reach_the_minimum_raise_alerts(
    label: str, probability: float, minimum: float, alerts: int
) -> None:
    tweet = scored(mention(), label=label, probability=probability)
    assert len(raised(tweet, min_probability=minimum)) == alerts


def test_a_rounding_error_above_one_becomes_one() -> None:
    tweet = scored(mention(ptid="10044565", score=1.0000001, pt_score=1.0000001), probability=1.0000001)
    [payload] = raised(tweet)
    assert (payload["probability"], payload["pt_score"]) == (1.0, 1.0)


def test_a_positive_tweet_without_mentions_raises_no_alert() -> None:
    assert raised(scored()) == []


def test_alerts_of_several_tweets_keep_their_order() -> None:
    tweets = [scored(mention(), tweet_id=tweet_id) for tweet_id in ("3", "1", "2")]
    decisions = AlertRules(bundle="b1").decide(reports_of(tweets))
    assert [alert.tweet_id for alert in decisions.alerts(frozenset())] == ["3", "1", "2"]


def test_alerts_are_detected_now_by_default() -> None:
    before = datetime.now(UTC)
    [alert] = AlertRules(bundle="b1").decide(reports_of([scored(mention())])).alerts(frozenset())
    assert before <= datetime.fromisoformat(alert.payload["detected_at"]) <= datetime.now(UTC)


def test_an_error_does_not_quote_the_tweet() -> None:
    with pytest.raises(ValidationError) as caught:
        raised(scored(mention(text=b"secretly shaky", ptid="10044565")))  # type: ignore[arg-type]
    assert "secretly" not in str(caught.value)
