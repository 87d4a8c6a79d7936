"""Trials: the tests of a module, run on a copy of the repository in which a mutant stands in its place.

Each trial is a process forked from a server that has imported the heavy libraries but nothing of the project.
So it takes about as long as its tests do.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]
PRELOADED: Final = [
    "torch",
    "numpy",
    "scipy.sparse",
    "pytest",
    "hypothesis",
    "pydantic",
    "sqlalchemy",
    "structlog",
]


@dataclass(frozen=True, slots=True)
class Trial:
    """What the tests showed: whether all passed, the seconds they took, and the end of their output."""

    passed: bool
    seconds: float
    output: str


class RepositoryCopy:
    """A copy of the repository in a temporary folder; removed at the end of the `with` block."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="ade-mutants-"))
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listed.stdout.splitlines():
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)
        shared = ROOT.parent / "shared"
        if shared.is_dir():
            (self.folder / "shared").symlink_to(shared)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def trial(self, tests: Sequence[str], *, module: str, code: str, timeout: float) -> Trial:
        """Run the tests with `code` in place of `module`; `timeout` in seconds."""
        path = self.folder / module
        original = path.read_text(encoding="utf-8")
        path.write_text(code, encoding="utf-8")
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_run_tests, args=(sender, str(self.folder), tuple(tests)))
        started = time.monotonic()
        try:
            process.start()
            sender.close()
            status, output = receiver.recv() if receiver.poll(timeout) else (None, "timeout")
        except EOFError:
            status, output = None, "the process died"
        finally:
            process.kill()
            process.join()
            path.write_text(original, encoding="utf-8")
        return Trial(status == 0, time.monotonic() - started, output)


def _run_tests(sender: multiprocessing.connection.Connection, folder: str, tests: tuple[str, ...]) -> None:
    import pytest

    os.chdir(folder)
    os.environ["PYTHONPATH"] = folder
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow and not gpu", *tests])
    sender.send((int(status), output.getvalue()[-3000:]))
    sender.close()
    os._exit(0)  # threads of a mutant that hangs must not keep the process
