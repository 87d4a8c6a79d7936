"""Settings in every place, lists of drugs, and the files that the monitor keeps for itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from typing import Final

from monitor.alerts.rulebook import Knowledge, read_rules
from monitor.alerts.rulebook.knowledge import KnownGroups
from monitor.connect import StateFile, read_drug_list
from monitor.embedded.endpoints import missing_stack, read_endpoints, running_stack
from monitor.embedded.worker_log import TroubleLog
from monitor.kafka import oauth_tokens
from monitor.settings import CONFIG_VARIABLE, SECRETS_VARIABLE, load_settings, setting_rows
from monitor.stream import journal_file, scoring_journal
from tests.fuzz.containers import joined, scratch, scratch_file, write_folder
from tests.fuzz.fuzz_target import FuzzTarget

TOML: Final = b"""\
[kafka]
bootstrap_servers = "127.0.0.1:9092"
partitions = 4
session_timeout = 15.0
[model]
bundle = "dummy"
[database]
url = "postgresql://ade:secret@127.0.0.1:5432/ade"
[worker]
languages = ["en", "de"]
batch_wait = 0.5
[connect]
jetstream_hosts = "ws://a.example"
"""
ENV_FILE: Final = b"""\
# comment
ADE_KAFKA__TOPIC=tweets
export ADE_MODEL__THREADS=2
ADE_WORKER__LANGUAGES=["en"]
ADE_DATABASE__URL="postgresql://ade:${X}@127.0.0.1/ade"
"""
DRUGS: Final = b"""\
[[drug]]
name = "sertraline"
aliases = ["zoloft", "lustral"]
hashtags = ["#zoloft"]
[x]
languages = ["en"]
retweets = false
"""
RULES: Final = b"""\
time_zone = "Europe/Berlin"
[group.ours]
drugs = ["sertraline"]
groups = ["theirs"]
[group.theirs]
drugs = "fluoxetine"
[[rule]]
name = "serious"
severity = "high"
cooldown = "6h"
cooldown_by = "drug"
quiet_hours = "22:00-07:00"
route = "mail"
when = { group = "ours", serious = true, smq = "akathisia:broad", copies = "only", min_probability = 0.5 }
[rule.not]
pt = [10044565, "Tremor"]
[[rule]]
name = "rest"
action = "digest"
every = "daily"
tags = ["x"]
[route.mail]
type = "email"
host = "localhost"
from = "a@example.org"
to = ["b@example.org"]
"""
TERMS: Final = Knowledge(
    lambda ptid: KnownGroups(soc=frozenset({ptid})),
    group_names={
        kind: frozenset({"akathisia"}) for kind in ("soc", "hlgt", "hlt", "smq_broad", "smq_narrow")
    },
)


@contextmanager
def only_these_settings(**variables: str) -> Iterator[None]:
    """Make the environment have these settings, and no others."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("ADE_")}
    os.environ.update(variables)
    try:
        with chdir(scratch()):
            yield
    finally:
        for name in list(os.environ):
            if name.startswith("ADE_"):
                del os.environ[name]
        os.environ.update(before)


def read_toml(data: bytes) -> None:
    with only_these_settings(**{CONFIG_VARIABLE: str(scratch_file(data, "settings.toml"))}):
        list(setting_rows(load_settings()))


def read_env_file(data: bytes) -> None:
    path = scratch_file(data, ".env")
    try:
        with only_these_settings():
            load_settings()
    finally:
        path.unlink()


def read_environment(data: bytes) -> None:
    pairs = (line.partition("=") for line in data.replace(b"\0", b"").decode("utf-8", "replace").split("\n"))
    with only_these_settings(**{name: value for name, _, value in pairs if name.startswith("ADE_")}):
        load_settings()


def read_secret_files(data: bytes) -> None:
    folder = scratch() / "secrets"
    write_folder(folder, data)
    with only_these_settings(**{SECRETS_VARIABLE: str(folder)}):
        load_settings()


def read_drugs(data: bytes) -> None:
    list(read_drug_list(scratch_file(data, "drugs.toml")).names())


def read_rules_file(data: bytes) -> None:
    read_rules(scratch_file(data, "rules.toml"), knowledge=TERMS)


def read_state(data: bytes) -> None:
    state = StateFile(scratch(), "bluesky")
    state.path.write_bytes(data)
    state.load()


def read_stack_files(data: bytes) -> None:
    folder = scratch() / "stack"
    folder.mkdir(exist_ok=True)
    for name in ("endpoints.json", "lock"):
        (folder / name).write_bytes(data)
    with (folder / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as the process that runs the stack does
        if (endpoints := read_endpoints(folder)) is not None:
            endpoints.settings()
        running_stack(folder, {})
        missing_stack(folder)


def read_worker_log(data: bytes) -> None:
    log = scratch() / "worker.log"
    log.unlink(missing_ok=True)
    troubles = TroubleLog(log)
    log.write_bytes(data)
    for _ in range(3):
        troubles.new_troubles()


def read_journal(data: bytes) -> None:
    """Read the journal of a worker that was killed: its last write may be cut off."""
    descriptor = os.open(scratch_file(data, "scoring-0.json"), os.O_RDONLY)
    try:
        scoring_journal._notes_of(journal_file._read(descriptor))
    finally:
        os.close(descriptor)


JOURNAL: Final = (
    b'{"in_work": [{"topic": "tweets", "partition": 0, "first": 5, "last": 9, "ends": 1}], "suspects": [], '
    b'"hangs": false}'
)

SETTINGS_TARGETS: Final = [
    FuzzTarget(
        "settings-toml", read_toml, [TOML, DRUGS], [b"[[", b"'''", b"= [", b"9" * 4_400, b"[" * 3_000]
    ),
    FuzzTarget("settings-env-file", read_env_file, [ENV_FILE], [b"ADE_KAFKA__", b"${", b"='"]),
    FuzzTarget(
        "settings-environment",
        read_environment,
        [ENV_FILE.replace(b"export ", b""), b'ADE_KAFKA__PARTITIONS=4\nADE_WORKER={"batch_size": 5}'],
        [
            b"\nADE_WORKER=",
            b"\nADE_KAFKA__TOPIC=",
            b"\nADE_CONFIG=/",
            b"\nADE_WORKER__LANGUAGES=[" + b"[" * 3_000,
        ],
    ),
    FuzzTarget(
        "settings-secrets",
        read_secret_files,
        [
            joined(
                {"ade_database__url": b"postgresql://a:b@c/d\n", "ade_kafka__password": b"x", "notes": b"y"}
            )
        ],
        [b"\n#@ ade_kafka__partitions\n", b"\n#@ ade_kafka\n", b"\n#@ ade_worker__x__y\n"],
    ),
    FuzzTarget("drug-list", read_drugs, [DRUGS, TOML], [b"[[drug]]\n", b"aliases = [", b"[" * 3_000]),
    FuzzTarget(
        "rules",
        read_rules_file,
        [RULES, TOML],
        [b"[[rule]]\n", b"[rule.when]\n", b"[group.a]\n", b"drop", b'"""', b"{ drug = [", b"[" * 3_000],
    ),
    FuzzTarget(
        "connector-state",
        read_state,
        [b'{"source": "bluesky", "cursor": {"time_us": "17"}, "at": "2026-03-14T09:20:00+00:00"}'],
    ),
    FuzzTarget(
        "stack-files",
        read_stack_files,
        [
            b'{"pid": 1, "bootstrap_servers": "127.0.0.1:1", "database_url": "postgresql://x", '
            b'"redis_url": "redis://y", "author_key_file": "/nowhere"}',
            b'{"pid": 1, "since": "2026-03-14T09:20:00", "command": "up"}',
        ],
        documented=(),
    ),
    FuzzTarget("scoring-journal", read_journal, [JOURNAL], documented=()),
    FuzzTarget(
        "worker-log",
        read_worker_log,
        [
            b'{"event": "database away", "level": "warning", "logger": "monitor.stream", "error": "x"}\n',
            b"2026-11-30T08:00:00Z [warning  ] away  [monitor.stream] error=full\nerror: no bundle\n",
        ],
        documented=(),
    ),
    FuzzTarget(
        "login-token",
        lambda data: oauth_tokens._token_in(data, "the token server", 0.0),
        [b'{"access_token": "abc", "token_type": "bearer", "expires_in": 300}'],
    ),
]
