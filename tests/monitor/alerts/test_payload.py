"""Payloads of alerts agree with the JSON Schema, and with `parse_payload`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from models import Mention, TweetPrediction
from monitor.alerts import AlertRules, parse_payload
from monitor.errors import PoisonError
from monitor.records import Origin, Post, ReceivedPost, ScoredPost
from tests.monitor.alerts.scored_tweets import NOW, mention, scored

SCHEMA = json.loads(files("monitor").joinpath("schemas/alert.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

probabilities = st.floats(0, 1)
# The message contract lets neither NUL nor lone surrogates through.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1), timezones=zones)


@st.composite
def mentions_in(draw: st.DrawFn, text: str) -> Mention:
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    ptid = draw(st.none() | st.sampled_from(["10022437", "10044565", "10016256"]))
    score, pt_score = draw(probabilities), draw(probabilities)
    return mention(start, end, text=text[start:end], ptid=ptid, score=score, pt_score=pt_score)


@st.composite
def scored_tweets(draw: st.DrawFn) -> ScoredPost:
    text = draw(texts)
    tweet = Post(draw(texts), text, created_at=draw(st.none() | times))
    mentions = tuple(draw(st.lists(mentions_in(text), max_size=5)))
    received = ReceivedPost(tweet, Origin("tweets", 0, 0, draw(times)))
    label = draw(st.sampled_from(["ADE", "NoADE"]))
    return ScoredPost(received, TweetPrediction(label, draw(probabilities), mentions))


def one_payload() -> dict[str, object]:
    [alert] = AlertRules(bundle="b1").alerts_for([scored(mention(ptid="10044565"))], detected_at=NOW)
    payload: dict[str, object] = json.loads(json.dumps(alert.payload))
    return payload


@given(scored_tweets(), times)
def test_every_alert_is_valid_and_can_be_parsed(tweet: ScoredPost, detected_at: datetime) -> None:
    for alert in AlertRules(bundle="b1").alerts_for([tweet], detected_at=detected_at):
        text = json.dumps(alert.payload)
        VALIDATOR.validate(json.loads(text))
        assert set(alert.payload) == set(SCHEMA["properties"])
        assert set(alert.payload["mention"]) == set(SCHEMA["properties"]["mention"]["properties"])
        parsed = parse_payload(text)
        assert parsed.model_dump(mode="json") == alert.payload
        assert parsed.posted_at == tweet.received.posted_at
        assert parsed.text[parsed.mention.start : parsed.mention.end] == parsed.mention.text
        assert (alert.alert_id, alert.tweet_id) == (parsed.alert_id, tweet.received.post.id)


WRONG_VALUES = [None, True, 5, 1.5, -1, "word", "", [], {}, "2026-07-01T12:00:00", "2026-07-01"]
PATHS = [
    *((name,) for name in SCHEMA["properties"]),
    *(("mention", name) for name in SCHEMA["properties"]["mention"]["properties"]),
]


@given(st.sampled_from(PATHS), st.sampled_from([*WRONG_VALUES, "missing"]))
def test_parsing_and_the_schema_refuse_the_same_payloads(path: tuple[str, ...], value: object) -> None:
    payload = one_payload()
    fields: dict[str, object] = payload["mention"] if len(path) == 2 else payload  # type: ignore[assignment]
    fields.pop(path[-1])
    if value != "missing":
        fields[path[-1]] = value
    try:
        parse_payload(json.dumps(payload))
        parsed = True
    except PoisonError:
        parsed = False
    assert parsed == VALIDATOR.is_valid(payload)


def test_fields_of_newer_versions_are_ignored() -> None:
    payload = {**one_payload(), "of_tomorrow": 1}
    VALIDATOR.validate(payload)
    assert parse_payload(json.dumps(payload)).tweet_id == "1"
