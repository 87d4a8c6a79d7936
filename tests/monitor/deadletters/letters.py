"""Dead letters for tests, and the commands that list and replay them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from monitor.cli.app import app
from monitor.settings import KafkaSettings
from tests.topic_content import content_of

VALUES: list[bytes | None] = [
    None,
    b"",
    b'{"id": "1", "text": "diz',
    b'{"id": "2", "text": "\xff"}',
    b'{"id": "3", "text": "x", "created_at": "soon"}',
]
REASONS = ["empty", "empty", "not-json", "not-utf8", "bad-date"]
TOO_LONG = b'{"id": "4", "text": "' + b"a" * 950_000 + b'"}'
VALID = b'{"id": "5", "text": "dizzy"}'

SendLetters = Callable[..., None]


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    """Run `ade-monitor deadletters` in this process."""
    return CliRunner().invoke(app, ["deadletters", *map(str, arguments)], input=stdin)


def listed(*arguments: str) -> list[dict[str, Any]]:
    """Return what `ade-monitor deadletters list --json` prints."""
    result = run("list", "--json", *arguments)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


async def arrived(kafka: KafkaSettings, count: int) -> list[Any]:
    """Return the `count` messages on the topic of the tweets."""
    return await content_of(kafka.bootstrap_servers, kafka.topic, count=count)
