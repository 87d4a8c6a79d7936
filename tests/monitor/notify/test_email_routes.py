"""Alerts reach mailboxes, with a subject without words of the post, whatever the server does in between."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
import redis

from monitor.settings import Settings
from tests.certificates import TestAuthority
from tests.monitor.alerts.payloads import STREAM, add_alerts, payload
from tests.monitor.notify.receivers import MailBox, mail_server
from tests.monitor.notify.running import email, notifying, unfinished, with_rules
from tests.processes import wait_for

ROUTES = {"routes": ["mail"]}
TEXT = payload()["text"]


def parts_of(message: EmailMessage) -> tuple[str, str]:
    """Return the plain text and the HTML of a message."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain
    assert html
    return plain.get_content(), html.get_content()


def test_a_message_has_the_alert_as_text_and_html_and_no_post_in_its_headers(
    client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path
) -> None:
    drug = {"name": "sertraline", "text": "#Zoloft", "score": 0.9, "place": "post"}
    add_alerts(client, [1], **ROUTES, severity="high", drug=drug, url="https://x.com/i/status/1001")
    with notifying(with_rules(settings, tmp_path, email(mailbox))):
        wait_for(lambda: bool(mailbox.messages))
        wait_for(lambda: unfinished(client, "mail") == 0)
    [(recipients, message)] = mailbox.messages
    assert recipients == ["safety@example.org"]
    assert message["Subject"] == "ADE alert [high]: Tremor, sertraline"
    assert message["X-ADE-Alert-Id"] == payload(1)["alert_id"]
    assert not any("shaking" in str(value) for value in message.values())
    plain, html = parts_of(message)
    assert TEXT in plain
    assert "i can&#x27;t stop shaking" in html
    assert 'href="https://x.com/i/status/1001"' in html


def test_hostile_words_become_neither_headers_nor_html(
    client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path
) -> None:
    hostile = "<script>alert(1)</script>\r\nBcc: all@example.org\x1b[2J"
    add_alerts(
        client, [1], **ROUTES, pt_name=hostile, text=hostile, url=f"javascript:{hostile}", tags=[hostile]
    )
    with notifying(with_rules(settings, tmp_path, email(mailbox))):
        wait_for(lambda: bool(mailbox.messages))
    [(_, message)] = mailbox.messages
    assert message["Bcc"] is None
    plain, html = parts_of(message)
    assert "<script>" not in html
    assert "href" not in html
    assert "\x1b" not in plain + html


def test_the_post_can_be_left_out(
    client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path
) -> None:
    words = {"pt_name": None, "ptid": None, "pt_score": None}
    add_alerts(client, [1], **ROUTES, **words)
    with notifying(with_rules(settings, tmp_path, email(mailbox, include_text=False))):
        wait_for(lambda: bool(mailbox.messages))
    [(_, message)] = mailbox.messages
    assert "shaking" not in message.as_string() + "".join(parts_of(message))
    assert payload(1)["alert_id"] in parts_of(message)[0]


@pytest.mark.parametrize("reply", ["451 try again later", "421 too busy"])
def test_a_server_that_is_busy_gets_the_message_later(
    reply: str, client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path
) -> None:
    mailbox.data_replies.extend([reply, reply])
    add_alerts(client, [1, 2], **ROUTES)
    with notifying(with_rules(settings, tmp_path, email(mailbox))) as notifier:
        wait_for(lambda: len(mailbox.messages) == 2)
        wait_for(lambda: unfinished(client, "mail") == 0)
        assert notifier.counts()["mail"].failures == 2


def test_content_that_the_server_refuses_is_set_aside(
    client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path
) -> None:
    mailbox.data_replies.append("554 looks like spam")
    add_alerts(client, [1, 2], **ROUTES)
    with notifying(with_rules(settings, tmp_path, email(mailbox))):
        wait_for(lambda: len(mailbox.messages) == 1)
        wait_for(lambda: unfinished(client, "mail") == 0)
    [(_, fields)] = client.xrange(f"{STREAM}:refused")  # type: ignore[misc]
    assert fields["alert_id"] == payload(1)["alert_id"]


def test_one_mailbox_that_is_away_does_not_give_the_others_copies(
    client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path
) -> None:
    mailbox.refused["b@example.org"] = "450 greylisted"
    add_alerts(client, [1], **ROUTES)
    rules = with_rules(settings, tmp_path, email(mailbox, to=["a@example.org", "b@example.org"]))
    with notifying(rules) as notifier:
        wait_for(lambda: notifier.counts()["mail"].failures > 1)
        mailbox.refused.clear()
        wait_for(lambda: unfinished(client, "mail") == 0)
    assert [recipients for recipients, _ in mailbox.messages] == [["a@example.org"], ["b@example.org"]]
    assert len({message["Message-ID"] for _, message in mailbox.messages}) == 1


def test_alerts_wait_while_no_recipient_is_accepted(
    client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path
) -> None:
    mailbox.refused["safety@example.org"] = "550 no such mailbox"
    add_alerts(client, [1], **ROUTES)
    with notifying(with_rules(settings, tmp_path, email(mailbox))) as notifier:
        wait_for(lambda: notifier.counts()["mail"].failures > 1)
        assert "no such mailbox" in str(notifier.counts()["mail"].problem)
        mailbox.refused.clear()
        wait_for(lambda: len(mailbox.messages) == 1)


def test_a_server_with_tls_from_the_first_byte_takes_alerts(
    client: redis.Redis, settings: Settings, tmp_path: Path
) -> None:
    authority = TestAuthority(tmp_path / "ours")
    add_alerts(client, [1], **ROUTES)
    with mail_server(authority.issue(), from_first_byte=True) as box:
        rules = with_rules(settings, tmp_path, email(box, tls="tls", ca_file=str(authority.file)))
        with notifying(rules):
            wait_for(lambda: len(box.messages) == 1)


def test_the_login_waits_for_tls_and_a_right_certificate(
    client: redis.Redis, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, other = TestAuthority(tmp_path / "ours"), TestAuthority(tmp_path / "other")
    add_alerts(client, [1], **ROUTES)
    secure = {"tls": "starttls", "user": "ade", "password_env": "MAIL_PASSWORD"}
    monkeypatch.setenv("MAIL_PASSWORD", "wrong-password")
    with mail_server(authority.issue()) as box:
        for file, problem in ((other.file, "CERTIFICATE_VERIFY_FAILED"), (authority.file, "535")):
            rules = with_rules(settings, tmp_path, email(box, **secure, ca_file=str(file)))
            with notifying(rules) as notifier:
                wait_for(lambda: notifier.counts()["mail"].failures > 0)
                assert problem in str(notifier.counts()["mail"].problem)
                assert "wrong-password" not in str(notifier.counts()["mail"].problem)
        monkeypatch.setenv("MAIL_PASSWORD", "right")
        with notifying(rules):
            wait_for(lambda: len(box.messages) == 1)
        assert box.logins == ["ade"]
