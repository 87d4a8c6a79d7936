"""Payloads of alerts and retractions agree with their JSON Schemas, and with how they are parsed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from models import Mention, TweetPrediction
from monitor.alerts import AlertPayload, AlertRules, RetractionPayload, parse_payload, parse_retraction
from monitor.effect_reports import reports_of
from monitor.errors import PoisonError
from monitor.records import Origin, Post, PostKind, ReceivedPost, RetractionReason, ScoredPost
from tests.monitor.alerts.payloads import payload as older_payload
from tests.monitor.alerts.scored_tweets import NOW, mention, scored


def schema(name: str) -> Any:
    return json.loads(files("monitor").joinpath(f"schemas/{name}.schema.json").read_text(encoding="utf-8"))


SCHEMA, RETRACTION_SCHEMA = schema("alert"), schema("retraction")
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
RETRACTION_VALIDATOR = Draft202012Validator(
    RETRACTION_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER
)

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
    tweet = Post(
        draw(texts),
        text,
        created_at=draw(st.none() | times),
        edited_at=draw(st.none() | times),
        platform=draw(st.none() | texts),
        kind=draw(st.sampled_from(PostKind)),
        url=draw(st.none() | texts),
    )
    mentions = tuple(draw(st.lists(mentions_in(text), max_size=5)))
    received = ReceivedPost(tweet, Origin("tweets", 0, 0, draw(times)))
    label = draw(st.sampled_from(["ADE", "NoADE"]))
    return ScoredPost(received, TweetPrediction(label, draw(probabilities), mentions))


def utf16_span(alert: AlertPayload) -> str:
    """Return what the span in UTF-16 units selects, as in a language that counts them."""
    start, end = alert.mention.start_utf16, alert.mention.end_utf16
    assert start is not None and end is not None
    return alert.text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def one_payload() -> dict[str, object]:
    reports = reports_of([scored(mention(ptid="10044565"))])
    [alert] = AlertRules(bundle="b1").decide(reports, detected_at=NOW).alerts(frozenset())
    payload: dict[str, object] = json.loads(json.dumps(alert.payload))
    return payload


@given(scored_tweets(), times)
def test_every_alert_is_valid_and_can_be_parsed(tweet: ScoredPost, detected_at: datetime) -> None:
    for alert in (
        AlertRules(bundle="b1").decide(reports_of([tweet]), detected_at=detected_at).alerts(frozenset())
    ):
        text = json.dumps(alert.payload)
        VALIDATOR.validate(json.loads(text))
        assert set(alert.payload) == set(SCHEMA["properties"])
        assert set(alert.payload["mention"]) == set(SCHEMA["properties"]["mention"]["properties"])
        parsed = parse_payload(text)
        assert parsed.model_dump(mode="json") == alert.payload
        assert parsed.posted_at == tweet.received.posted_at
        assert parsed.text[parsed.mention.start : parsed.mention.end] == parsed.mention.text
        assert utf16_span(parsed) == parsed.mention.text
        assert (parsed.platform, parsed.url) == (tweet.received.post.platform, tweet.received.post.url)
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


def retraction(**other: object) -> dict[str, object]:
    payload = RetractionPayload(alert_id="0" * 32, retracted_at=NOW, reason=RetractionReason.DELETED.value)
    return {**payload.model_dump(mode="json"), **other}


def test_a_retraction_has_the_fields_of_its_schema() -> None:
    assert set(retraction()) == set(RETRACTION_SCHEMA["properties"])
    RETRACTION_VALIDATOR.validate(retraction())
    assert parse_retraction(json.dumps(retraction())).retracted_at == NOW


@given(st.sampled_from(sorted(RETRACTION_SCHEMA["properties"])), st.sampled_from([*WRONG_VALUES, "missing"]))
def test_parsing_and_the_schema_refuse_the_same_retractions(field: str, value: object) -> None:
    payload = retraction()
    del payload[field]
    if value != "missing":
        payload[field] = value
    try:
        parse_retraction(json.dumps(payload))
        parsed = True
    except PoisonError:
        parsed = False
    assert parsed == RETRACTION_VALIDATOR.is_valid(payload)


def test_the_schema_of_retractions_names_every_reason() -> None:
    description = RETRACTION_SCHEMA["properties"]["reason"]["description"]
    assert all(reason.value in description for reason in RetractionReason)


def test_the_schema_of_alerts_names_every_kind_of_post() -> None:
    assert SCHEMA["properties"]["kind"]["enum"] == [*PostKind, None]


def test_an_alert_is_never_taken_for_a_retraction() -> None:
    assert not RETRACTION_VALIDATOR.is_valid(one_payload())
    assert not VALIDATOR.is_valid(retraction())
    with pytest.raises(PoisonError):
        parse_payload(json.dumps(retraction()))
    with pytest.raises(PoisonError):
        parse_retraction(json.dumps(one_payload()))


def test_an_alert_of_an_older_version_is_valid() -> None:
    VALIDATOR.validate(older_payload())
    assert parse_payload(json.dumps(older_payload())).mention.start_utf16 is None


def test_fields_of_newer_versions_are_ignored() -> None:
    payload = {**one_payload(), "of_tomorrow": 1}
    VALIDATOR.validate(payload)
    assert parse_payload(json.dumps(payload)).tweet_id == "1"
