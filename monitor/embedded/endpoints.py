"""The addresses of the running stack, so that commands in another terminal find it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from monitor.embedded.folder import has_been_used, lock_holder, translate_os_errors


@dataclass(frozen=True)
class Endpoints:
    """The addresses of a running embedded stack; the URLs contain passwords.

    Attributes:
        pid: process that runs the stack.
        bootstrap_servers: `host:port` of the broker.
        database_url: `postgresql://` URL.
        redis_url: `redis://` URL.
        author_key_file: file with the key that author ids are hashed with.
        broker: which broker it is, as the setting `embedded.broker` names it.
        broker_pid: process of the broker, or 0 if it is not known.
    """

    pid: int
    bootstrap_servers: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    author_key_file: str
    broker: str = "tansu"
    broker_pid: int = 0

    def settings(self) -> dict[str, dict[str, str]]:
        """Return them as settings, by section and name."""
        sections = {
            "kafka": {"bootstrap_servers": self.bootstrap_servers},
            "database": {"url": self.database_url},
            "redis": {"url": self.redis_url},
        }
        try:
            key = Path(self.author_key_file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return sections
        return {**sections, "privacy": {"author_key": key}}


def write_endpoints(data_dir: Path, endpoints: Endpoints) -> None:
    """Write the file of the addresses. It is private, and complete at any time."""
    path = _file(data_dir)
    with translate_os_errors(data_dir):
        unfinished = path.with_suffix(".new")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(endpoints), file, indent=2)
        unfinished.replace(path)


def remove_endpoints(data_dir: Path) -> None:
    """Remove the file of the addresses, if it exists."""
    with translate_os_errors(data_dir):
        _file(data_dir).unlink(missing_ok=True)


def read_endpoints(data_dir: Path) -> Endpoints | None:
    """Return the addresses of the stack that is running in `data_dir`, or None if none is."""
    holder = lock_holder(data_dir)
    if holder is None:
        return None
    try:
        endpoints = Endpoints(**json.loads(_file(data_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    # A killed stack leaves its file behind, and the next stack takes the lock before it writes a new one.
    return endpoints if endpoints.pid == holder.pid else None


def running_stack(data_dir: Path, stronger: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the stack that `ade-monitor up` runs in `data_dir` as a source of settings, or None.

    This is a `Fallback` of `load_settings`. The author key is left out if stronger sources name another
    database: author ids there are hashed with another key, or not at all.
    """
    running = read_endpoints(data_dir)
    if running is None:
        return None
    sections = running.settings()
    if "url" in stronger.get("database", {}):
        sections.pop("privacy", None)
    return f"embedded stack in {data_dir}", sections


def missing_stack(data_dir: Path) -> str | None:
    """Return why the stack in `data_dir` does not answer, or None if it runs, or never ran there."""
    if not has_been_used(data_dir):
        return None
    holder = lock_holder(data_dir)
    if holder is None:
        return f"the embedded stack in {data_dir.resolve()} is not running"
    if read_endpoints(data_dir) is None:
        return f"the embedded stack in {data_dir.resolve()} is starting or stopping (process {holder.pid})"
    return None


def _file(data_dir: Path) -> Path:
    return data_dir / "endpoints.json"
