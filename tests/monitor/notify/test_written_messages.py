"""Whatever an alert says becomes a message without headers, controls and tags of its own."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from monitor.alerts import StreamEntry
from monitor.alerts.rulebook.routes import EmailRoute
from monitor.notify import Dispatch
from monitor.notify.cloud_events import event_body
from monitor.notify.dispatch import read_entry
from monitor.notify.email_sender import EmailSender
from monitor.notify.route_secrets import RouteSecrets
from monitor.notify.written_messages import subject_of
from tests.monitor.alerts.payloads import payload, retraction

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
ROUTE = EmailRoute.model_validate(
    {"type": "email", "host": "localhost", "tls": "none", "from": "a@example.org", "to": ["b@example.org"]}
)
SENDER = EmailSender(ROUTE, RouteSecrets("mail", ROUTE, Path("rules.toml")))


def dispatch(*alerts: dict[str, Any], digest: str | None = None) -> Dispatch:
    entries = tuple(
        read_entry(StreamEntry(f"{number}-1", {"alert": json.dumps(alert)}))
        for number, alert in enumerate(alerts)
    )
    return Dispatch("mail", entries, NOW, digest)


@settings(max_examples=40)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"text": words, "pt_name": words | st.none(), "url": words | st.none(), "severity": words},
            optional={"tags": st.lists(words, max_size=2), "rules": st.lists(words, max_size=2)},
        ),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_any_alert_becomes_one_mail_with_our_headers_and_tags_only(
    fields: list[dict[str, Any]], is_digest: bool
) -> None:
    alerts = [payload(number, **alert) for number, alert in enumerate(fields)]
    message = dispatch(*(alerts if is_digest else alerts[:1]), digest="daily" if is_digest else None)
    sent = message_from_bytes(SENDER.message_of(message).as_bytes(), policy=SMTP)
    assert set(sent.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-ADE-Alert-Id"),
        *("MIME-Version", "Content-Type"),
    }
    assert not any(unicodedata.category(character) == "Cc" for character in subject_of(message))
    html = sent.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    tags = {node.tag for node in LexborHTMLParser(html).css("*")}
    assert tags <= {"html", "head", "meta", "body", "h3", "p", "br", "a"}
    json.loads(event_body(message, "ade:alerts")[1])


def test_the_subject_of_a_digest_counts_pairs_and_names_the_most_frequent_ones() -> None:
    names = ["Tremor"] * 3 + ["Nausea"] * 2 + ["Rash", "Fall", "Cough"]
    alerts = [payload(number, pt_name=name) for number, name in enumerate(names)]
    subject = subject_of(dispatch(*alerts, digest="daily"))
    assert subject == "ADE daily digest, 8 alerts: Tremor (3); Nausea (2); Rash and 2 more"


def test_the_subject_of_an_uncoded_effect_has_no_words_of_the_post() -> None:
    subject = subject_of(dispatch(payload(1, pt_name=None, ptid=None, pt_score=None)))
    assert subject == "ADE alert: effect without a code"


def test_the_ids_of_an_alert_its_replacement_and_its_retraction_differ() -> None:
    entries = [
        {"alert": json.dumps(payload(1))},
        {"alert": json.dumps(payload(1, detected_at="2026-07-01T13:00:00Z"))},
        {"retracted": json.dumps(retraction(1))},
    ]
    ids = [read_entry(StreamEntry("1-1", fields)).event_id for fields in entries]
    again = [read_entry(StreamEntry("2-1", fields)).event_id for fields in entries]
    assert len(set(ids)) == 3
    assert ids == again
    assert not any("." in event_id for event_id in ids), "a dot separates the parts of what is signed"
