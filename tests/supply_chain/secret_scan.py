"""`python -m tests.supply_chain.secret_scan [FILE ...]`: passwords and keys in tracked files.

`make test-full` scans all of them, `make test` those of the newest commits, and the hook of pre-commit
those of a commit. detect-secrets finds the keys of many services, private keys, addresses with passwords,
and values of fields such as `password`. Nothing is sent anywhere. Invented values of tests and pages are
listed below: take one of these words for a new test.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT: Final = Path(__file__).parents[2]

INVENTED: Final = frozenset(
    {
        # passwords
        *("hunter2", "hush", "s3cret", "s3%2Fcret", "p%40ss%2Fword", "password", "secret", "secret:of+tests"),
        *(
            "ade monitor",
            "of the key",
            "of-a-test",
            "secret of tests",
            "__",
            "…",
            "{user}-password",
            "secret\\nX-Evil: 1",
        ),
        # names of variables and files that hold the secrets of routes
        *("HOOK_KEY", "SAFETY_HOOK_KEY", "ADE_HOOK_KEY", "MAIL_PASSWORD", "mail-password", "NOT_SET", "gone"),
        # words of posts that must not be in a log or a database any more
        *("zoloft gave me a headache", "zolofthurts", "shaking"),
        # versions of bundles, alerts, cases, commits and traces in examples
        *("4b1d8c2f90aa", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"),
        *("8ed51d27ed593060ead05e931112e2df", "aed3756149eff092", "1f98e54f626617738387dfef39e3372e"),
        "0123456789012345678901234567890123456789",
    }
)
"""Values that look like secrets, and are none."""

DETECTORS: Final = (
    *("BasicAuthDetector", "KeywordDetector", "PrivateKeyDetector", "JwtTokenDetector"),
    *("Base64HighEntropyString", "HexHighEntropyString"),
    *("AWSKeyDetector", "AzureStorageKeyDetector", "GitHubTokenDetector", "GitLabTokenDetector"),
    *("NpmDetector", "OpenAIDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector"),
    *("StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector", "DiscordBotTokenDetector"),
)
"""Detectors of detect-secrets. Others are for services that have nothing to do with this project."""

NO_TEXT: Final = re.compile(
    r"\.(safetensors|bin|png|svg|xlsx|parquet|zst|gz)$|^models/bundles/|^(training/synthetic|monitor/enrich/drugs|monitor/labels)/data/"
)
"""Files that have no place for a secret: numbers, hashes of files, names, and invented posts."""

HASHES: Final = r"_digest\"|\.safetensors\"|labels\.json\"|weights=\(|sha256[:=]"
"""Lines with the SHA-256 of a file."""


@dataclass(frozen=True)
class Finding:
    """What looks like a secret; the value itself is not shown."""

    file: str
    line: int
    kind: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan, print the findings, and return 1 if there are any."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.supply_chain.secret_scan", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("files", nargs="*", help="default: all tracked files")
    files = parser.parse_args(arguments).files or tracked_files()
    findings = scan([name for name in files if not NO_TEXT.search(name)])
    for finding in findings:
        sys.stdout.write(f"{finding.file}:{finding.line}: {finding.kind}\n")
    if findings:
        sys.stdout.write(
            "If it is a secret: remove it, and replace it on its server, since history keeps it.\n"
            "If it is invented: use a word of INVENTED in tests/supply_chain/secret_scan.py instead.\n"
        )
    return 1 if findings else 0


def tracked_files() -> list[str]:
    """Return the paths of all files that git tracks, relative to the root."""
    return _listed("ls-files", "-z")


def changed_files(commits: int) -> list[str]:
    """Return the tracked paths that the newest commits, or changes without a commit, have touched."""
    log = _listed("log", "-z", "--name-only", "--format=", f"--max-count={commits}")
    touched = {*log, *_listed("diff", "-z", "--name-only", "HEAD")}
    return [name for name in tracked_files() if name in touched]


def _listed(*arguments: str) -> list[str]:
    listed = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name]


def scan(files: Sequence[str]) -> list[Finding]:
    """Return what looks like a secret, in the order of the files; paths are relative to the root."""
    filters = "detect_secrets.filters"
    settings = {
        "plugins_used": [{"name": name} for name in DETECTORS],
        "filters_used": [
            {"path": f"{filters}.allowlist.is_line_allowlisted"},
            {"path": f"{filters}.heuristic.is_sequential_string"},
            {"path": f"{filters}.heuristic.is_potential_uuid"},
            {"path": f"{filters}.heuristic.is_templated_secret"},
            {"path": f"{filters}.heuristic.is_indirect_reference"},
            {"path": f"{filters}.regex.should_exclude_line", "pattern": [HASHES]},
        ],
    }
    secrets = SecretsCollection(root=str(ROOT))
    with transient_settings(settings):
        for name in files:
            secrets.scan_file(name)
    return [
        Finding(name, secret.line_number, secret.type)
        for name, secret in secrets
        if secret.secret_value not in INVENTED
    ]


if __name__ == "__main__":
    sys.exit(main())
