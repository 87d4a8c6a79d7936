"""`ade-monitor score` with slow and broken pipes, with Ctrl-C, and with files of any size."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.monitor.cli.test_score import lines_of

COMMAND = [sys.executable, "-m", "monitor.cli", "score"]


def test_each_line_of_a_slow_pipe_is_scored_before_the_next_one() -> None:
    with subprocess.Popen(
        [*COMMAND, "-", "--bundle", "dummy"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        for number in range(3):
            process.stdin.write(lines_of({"id": str(number), "text": "dizzy"}))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == str(number)
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_closed_pipe_ends_the_command_quietly(tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    many.write_bytes(lines_of({"id": "1", "text": "dizzy"}) * 50_000)
    with subprocess.Popen(
        [*COMMAND, str(many), "--bundle", "dummy"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


def start(bundle: str) -> subprocess.Popen[bytes]:
    """Start it on standard input, and make it receive Ctrl-C even if the tests ignore it."""
    return subprocess.Popen(
        [*COMMAND, "-", "--bundle", bundle],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )


def test_ctrl_c_ends_the_command_quietly() -> None:
    with start("dummy") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(lines_of({"id": "1", "text": "dizzy"}))
        process.stdin.flush()
        assert process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b""


def test_ctrl_c_does_not_wait_for_a_chunk_in_progress() -> None:
    with start("dummy:60") as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(lines_of({"id": "1", "text": "dizzy"}))
        process.stdin.flush()
        while len([*Path(f"/proc/{process.pid}/task").iterdir()]) < 2:  # until scoring has started
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(lines: int) -> int:
        many = tmp_path / f"{lines}.jsonl"
        many.write_bytes(lines_of({"id": "1", "text": "so " * 2_000}) * lines)
        code = (
            "import resource, sys\n"
            "from monitor.cli.app import app\n"
            "try: app(['score', sys.argv[1], '--bundle', 'dummy'])\n"
            "except SystemExit: pass\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(many)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=True,
        )
        return int(done.stderr)

    # Kilobytes; the first file has 12 MB, and a chunk of it 1.5 MB.
    assert peak(2_000) - peak(300) < 5_000
