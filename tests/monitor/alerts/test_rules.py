"""Which alerts a scored tweet raises, and that they are what the schema says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from models import Mention, TweetPrediction
from monitor.alerts import AlertRules
from monitor.alerts.payload import parse_payload
from monitor.errors import PoisonError
from monitor.records import Origin, ReceivedTweet, ScoredTweet, Tweet

SCHEMA = json.loads(files("monitor").joinpath("schemas/alert.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)

probabilities = st.floats(0, 1)
# Postgres takes neither NUL nor lone surrogates, so the reader of messages lets none through.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1), timezones=zones)


def mention(
    start: int = 0, end: int = 5, *, text: str = "shaky", ptid: str | None = None, **kw: float
) -> Mention:
    name, score = (None, None) if ptid is None else (f"PT {ptid}", kw.get("pt_score", 0.9))
    return Mention(start, end, text, kw.get("score", 0.8), ptid, name, score)


@st.composite
def mentions_in(draw: st.DrawFn, text: str) -> Mention:
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    ptid = draw(st.none() | st.sampled_from(["10022437", "10044565", "10016256"]))
    return mention(
        start, end, text=text[start:end], ptid=ptid, score=draw(probabilities), pt_score=draw(probabilities)
    )


@st.composite
def scored_tweets(draw: st.DrawFn) -> ScoredTweet:
    text = draw(texts)
    tweet = Tweet(draw(texts), text, created_at=draw(st.none() | moments))
    found = tuple(draw(st.lists(mentions_in(text), max_size=5)))
    origin = Origin("tweets", 0, 0, draw(moments))
    label = draw(st.sampled_from(["ADE", "NoADE"]))
    return ScoredTweet(ReceivedTweet(tweet, origin), TweetPrediction(label, draw(probabilities), found))


def scored(
    *mentions: Mention, label: str = "ADE", probability: float = 0.9, tweet_id: str = "1"
) -> ScoredTweet:
    tweet = Tweet(tweet_id, "shaky on zoloft, so shaky", created_at=NOW)
    received = ReceivedTweet(tweet, Origin("tweets", 0, 0, NOW))
    return ScoredTweet(received, TweetPrediction(label, probability, mentions))  # type: ignore[arg-type]


def raised(
    tweet: ScoredTweet, *, bundle: str = "b1", min_probability: float = 0.0
) -> list[dict[str, object]]:
    rules = AlertRules(bundle=bundle, min_probability=min_probability)
    found = rules.alerts_for([tweet], detected_at=NOW)
    return [dict(alert.payload) for alert in found]


@given(scored_tweets(), moments)
def test_every_alert_is_as_the_schema_and_the_reader_say(tweet: ScoredTweet, detected_at: datetime) -> None:
    for alert in AlertRules(bundle="b1").alerts_for([tweet], detected_at=detected_at):
        text = json.dumps(alert.payload)
        VALIDATOR.validate(json.loads(text))
        assert set(alert.payload) == set(SCHEMA["properties"])
        assert set(alert.payload["mention"]) == set(SCHEMA["properties"]["mention"]["properties"])
        read = parse_payload(text)
        assert read.model_dump(mode="json") == alert.payload
        assert read.posted_at == tweet.received.posted_at
        assert read.text[read.mention.start : read.mention.end] == read.mention.text
        assert (alert.alert_id, alert.tweet_id) == (read.alert_id, tweet.received.tweet.id)


WRONG_VALUES = [None, True, 5, 1.5, -1, "word", "", [], {}, "2026-07-01T12:00:00", "2026-07-01"]


def paths() -> list[tuple[str, ...]]:
    names = [(name,) for name in SCHEMA["properties"]]
    return names + [("mention", name) for name in SCHEMA["properties"]["mention"]["properties"]]


@given(st.sampled_from(paths()), st.sampled_from([*WRONG_VALUES, "missing"]))
def test_the_reader_and_the_schema_refuse_the_same(path: tuple[str, ...], value: object) -> None:
    [payload] = raised(scored(mention(ptid="10044565")))
    payload = json.loads(json.dumps(payload))
    inner: dict[str, object] = payload["mention"] if len(path) == 2 else payload  # type: ignore[assignment]
    inner.pop(path[-1])
    if value != "missing":
        inner[path[-1]] = value
    try:
        parse_payload(json.dumps(payload))
        readable = True
    except PoisonError:
        readable = False
    assert readable == VALIDATOR.is_valid(payload)


def test_a_newer_property_is_ignored() -> None:
    [payload] = raised(scored(mention()))
    payload["of_tomorrow"] = 1
    VALIDATOR.validate(payload)
    assert parse_payload(json.dumps(payload)).tweet_id == "1"


def test_mentions_of_one_pt_are_one_alert_told_by_the_surest() -> None:
    weak, sure = mention(0, 5, ptid="10044565", pt_score=0.4), mention(20, 25, ptid="10044565", pt_score=0.7)
    [payload] = raised(scored(weak, sure))
    assert payload["mention"] == {"start": 20, "end": 25, "text": "shaky", "score": 0.8}
    assert payload["pt_score"] == 0.7


def test_two_pts_are_two_alerts() -> None:
    payloads = raised(scored(mention(ptid="10044565"), mention(ptid="10022437")))
    assert [payload["ptid"] for payload in payloads] == ["10044565", "10022437"]
    assert payloads[0]["alert_id"] != payloads[1]["alert_id"]


def test_uncoded_mentions_of_the_same_words_are_one_alert() -> None:
    same = ["brain zaps", "Brain  Zaps!", "#BRAIN ZAPS", "ｂｒａｉｎ ｚａｐｓ"]
    assert len(raised(scored(*(mention(text=text) for text in same)))) == 1
    assert (
        len(raised(scored(mention(text="brain zaps"), mention(text="brain fog"), mention(text="!!!")))) == 3
    )


def test_uncoded_alerts_say_so() -> None:
    [payload] = raised(scored(mention()))
    assert (payload["ptid"], payload["pt_name"], payload["pt_score"]) == (None, None, None)


def test_a_newer_bundle_raises_the_same_alert_and_another_tweet_another() -> None:
    def identity(**differing: str) -> object:
        bundle = differing.pop("bundle", "b1")
        return raised(scored(mention(ptid="10044565"), **differing), bundle=bundle)[0]["alert_id"]  # type: ignore[arg-type]

    assert identity() == identity(bundle="b2")
    assert identity() != identity(tweet_id="2")


def test_an_id_is_the_same_in_every_release() -> None:
    [payload] = raised(scored(mention(ptid="10044565")))
    assert payload["alert_id"] == "1f98e54f626617738387dfef39e3372e"


@pytest.mark.parametrize(
    ("label", "probability", "least", "alerts"),
    [("ADE", 0.5, 0.5, 1), ("ADE", 0.49, 0.5, 0), ("NoADE", 0.9, 0.0, 0), ("ADE", 0.0, 0.0, 1)],
)
def test_only_tweets_that_are_sure_enough_raise_alerts(
    label: str, probability: float, least: float, alerts: int
) -> None:
    tweet = scored(mention(), label=label, probability=probability)
    assert len(raised(tweet, min_probability=least)) == alerts


def test_a_rounding_above_one_raises_an_alert_of_one() -> None:
    tweet = scored(mention(ptid="10044565", score=1.0000001, pt_score=1.0000001), probability=1.0000001)
    [payload] = raised(tweet)
    VALIDATOR.validate(payload)


def test_a_positive_tweet_without_mentions_raises_nothing() -> None:
    assert raised(scored()) == []


def test_an_alert_that_cannot_be_made_does_not_tell_the_tweet() -> None:
    with pytest.raises(ValidationError) as caught:
        raised(scored(mention(text=b"secretly shaky", ptid="10044565")))  # type: ignore[arg-type]
    assert "secretly" not in str(caught.value)
