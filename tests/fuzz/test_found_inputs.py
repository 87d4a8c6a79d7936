"""Inputs that once ended a reader with a traceback. Each is refused with its error now, or read (None)."""

from __future__ import annotations

import json

import pytest

from monitor.connect import ConnectError
from monitor.errors import FatalError, RetryableError, SettingsError
from tests.fuzz.all_targets import ALL_TARGETS
from tests.fuzz.containers import joined, zipped
from tests.fuzz.corpus_targets import PSYTAR
from tests.fuzz.file_targets import parts_of
from tests.monitor.alerts.payloads import payload
from tests.monitor.connect.platforms import sent_event, status
from training.errors import CorpusError

DEEP = b"[" * 3_000
LONG_NUMBER = b"9" * 4_400
"""Python refuses to turn more than 4,300 digits into a number."""

ALERT = json.dumps(payload(1)).encode()

FOUND = {
    "TOML nested deeply": ("settings-toml", b"a = " + DEEP, SettingsError),
    "a long number in TOML": ("settings-toml", b"a = " + LONG_NUMBER, SettingsError),
    "a drug list nested deeply": ("drug-list", b"a = " + DEEP, ConnectError),
    "a long number in a drug list": ("drug-list", b"a = " + LONG_NUMBER, ConnectError),
    "languages nested deeply": ("settings-environment", b"ADE_WORKER__LANGUAGES=" + DEEP, SettingsError),
    "a state file nested deeply": ("connector-state", DEEP, ConnectError),
    "addresses nested deeply": ("stack-files", DEEP, None),
    "a journal nested deeply": ("scoring-journal", DEEP, None),
    "a log line nested deeply": ("worker-log", DEEP + b"\n", None),
    "a token nested deeply": ("login-token", DEEP, RetryableError),
    "a token for longer than a number can be": (
        "login-token",
        b'{"access_token": "a", "expires_in": 1' + b"0" * 400 + b"}",
        RetryableError,
    ),
    "a receipt for a long offset": ("dead-letter", b"ade-receipt-for: " + LONG_NUMBER + b"\n\n", None),
    "a letter that was moved from a long place": (
        "dead-letter",
        b"ade-moved-from: 0:" + LONG_NUMBER + b"\n\n",
        None,
    ),
    "a letter from a long partition": ("dead-letter", b"ade-partition: " + LONG_NUMBER + b"\n\n{", None),
    "a member with a long number in its name": (
        "feed-archive",
        zipped(joined({f"part{'7' * 5_000}.jsonl": b'{"id": 1, "text": "x"}', "part2.jsonl": b"{}"})),
        None,
    ),
    "two statuses with long ids": (
        "mastodon-stream",
        b"".join(sent_event("update", {**status(n), "id": f"{n}{'9' * 4_400}"}) for n in (1, 2)),
        None,
    ),
    "an alert with a long number that nobody knows": (
        "alert-entry",
        b"alert\n" + ALERT[:-1] + b', "of_a_newer_version": ' + b"9" * 4_300 + b"}",
        None,
    ),
    "an answer of Redis with a count that is none": ("redis-answer", b"*[[]]\r\n", FatalError),
    "an answer of Redis nested deeply": ("redis-answer", b"*1\r\n" * 3_000, FatalError),
    "an answer of Redis with a long text": ("redis-answer", b"$" + b"9" * 30 + b"\r\n", FatalError),
    "an answer of Redis of another form": ("redis-answer", b"*1\r\n:5\r\n", FatalError),
    "a secret file that is not UTF-8": (
        "settings-secrets",
        joined({"ade_kafka__password": b"\xd6"}),
        SettingsError,
    ),
    "phrases that are not UTF-8": ("lay-phrases", b"mention\t\xae", CorpusError),
    "a workbook of a corpus with broken styles": (
        "corpus-workbook",
        zipped(parts_of(PSYTAR).replace(b"<styleSheet", b"<\xffstyleSheet", 1)),
        CorpusError,
    ),
    "an entry of Redis that is not UTF-8": (
        "redis-answer",
        b"*1\r\n*2\r\n$1\r\na\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\n\xff\r\n$1\r\n\xff\r\n",
        None,
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_an_input_that_was_found_is_read_or_refused(name: str) -> None:
    target, data, error = FOUND[name]
    if error is None:
        ALL_TARGETS[target].check(data)
    else:
        with pytest.raises(error):
            ALL_TARGETS[target].read(data)
