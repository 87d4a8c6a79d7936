"""Where the running stack can be reached, so that commands in another terminal find it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from monitor.embedded.folder import holder_of, naming_the_folder


@dataclass(frozen=True)
class Endpoints:
    """The addresses of a running embedded stack; the URLs hold passwords.

    Attributes:
        pid: process that runs the stack.
        bootstrap_servers: `host:port` of the broker.
        database_url: `postgresql://` URL.
        redis_url: `redis://` URL.
        author_key_file: file with the key that author ids are hashed with.
    """

    pid: int
    bootstrap_servers: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    author_key_file: str

    def settings(self) -> dict[str, dict[str, str]]:
        """Give them as settings by section and name."""
        found = {
            "kafka": {"bootstrap_servers": self.bootstrap_servers},
            "database": {"url": self.database_url},
            "redis": {"url": self.redis_url},
        }
        try:
            key = Path(self.author_key_file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return found
        return {**found, "privacy": {"author_key": key}}


def write_endpoints(data_dir: Path, endpoints: Endpoints) -> None:
    """Tell where the stack is; the file is whole at any time and for our eyes only."""
    path = _file(data_dir)
    with naming_the_folder(data_dir):
        unfinished = path.with_suffix(".new")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(endpoints), file, indent=2)
        unfinished.replace(path)


def remove_endpoints(data_dir: Path) -> None:
    """Forget where the stack was."""
    with naming_the_folder(data_dir):
        _file(data_dir).unlink(missing_ok=True)


def read_endpoints(data_dir: Path) -> Endpoints | None:
    """Give the addresses of the stack that runs in `data_dir` now, or None where none does."""
    holder = holder_of(data_dir)
    if holder is None:
        return None
    try:
        endpoints = Endpoints(**json.loads(_file(data_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    # A stack that was killed leaves its file behind, for its successor to find while that one starts.
    return endpoints if endpoints.pid == holder.pid else None


def running_stack(data_dir: Path, stronger: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Give the stack that `ade-monitor up` runs in `data_dir` as a source of settings, or None.

    A `Fallback` of `load_settings`. The author key is left out where the database is another one: there,
    author ids are hashed with another key, or not at all.
    """
    running = read_endpoints(data_dir)
    if running is None:
        return None
    found = running.settings()
    if "url" in stronger.get("database", {}):
        found.pop("privacy", None)
    return f"embedded stack in {data_dir}", found


def _file(data_dir: Path) -> Path:
    return data_dir / "endpoints.json"
