"""Keys of gpg for tests of backups."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path


class Keyring:
    """A keyring of gpg with one key pair, whose agent ends with the test."""

    def __init__(self) -> None:
        # The path of the agent's socket must be short.
        self.home = Path(tempfile.mkdtemp(prefix="gpg"))
        self.public = self.home / "public.asc"
        self._gpg(
            "--passphrase", "", "--quick-generate-key", "backup@example.org", "default", "default", "never"
        )
        self.public.write_bytes(self._gpg("--armor", "--export"))

    def _gpg(self, *arguments: str) -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", *arguments]
        return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout

    def close(self) -> None:
        """End the agent."""
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)
