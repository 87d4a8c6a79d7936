"""Draw `docs/terminal.svg`, the picture of the README: `python docs/terminal.py`.

It runs `ade-monitor demo --once` on a pseudo-terminal in an empty folder, and draws what that prints.
"""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 128  # characters of a line
PICTURE = Path(__file__).with_name("terminal.svg")


def output_of_demo() -> list[str]:
    """Return the lines that the demo prints to a terminal, colours included."""
    command = str(Path(sys.executable).with_name("ade-monitor"))
    leader, follower = pty.openpty()
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen([command, "demo", "--once"], cwd=folder, stdout=follower, stderr=follower)
        os.close(follower)
        pieces = []
        try:
            while piece := os.read(leader, 65_536):
                pieces.append(piece)
        except OSError:
            pass  # Linux reports the end of a pseudo-terminal as an error
        if demo.wait() != 0:
            raise SystemExit(f"the demo ended with {demo.returncode}:\n{b''.join(pieces).decode()}")
    return b"".join(pieces).decode().splitlines()


def main() -> None:
    """Write the picture."""
    lines = output_of_demo()
    effects = [line for line in lines if "ADE" in line][:8]
    alerts = [line for line in lines if "alert " in line][:5]
    summary = [line for line in lines if "tweets," in line]
    console = Console(record=True, width=WIDTH, force_terminal=True, file=io.StringIO())
    console.print(Text("$ make run", style="bold"))
    for line in [*effects, *alerts, *summary]:
        text = Text.from_ansi(line)
        text.truncate(WIDTH, overflow="ellipsis")
        console.print(text, soft_wrap=True)
    console.save_svg(str(PICTURE), title="ade-monitor")


if __name__ == "__main__":
    main()
