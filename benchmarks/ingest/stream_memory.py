"""Memory while a stream of any length is read from a pipe, and until a bomb is refused.

The command reads standard input, or the file that is named, in this process. Its last line is a JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from benchmarks.ingest.file_reading import read_validity
from benchmarks.ingest.platform_posts import stream_lines
from benchmarks.measured_process import memory_mb, run_module
from monitor.feed.source import FeedError

BOMB_RATIO: Final = 100_000
_BLOCK_POSTS: Final = 2_000
_SAMPLE_EVERY: Final = 1_000
_BOMB_PART: Final = b" " * 1_048_576


def measure_stream(kind: str, total_bytes: int, show: Callable[[str], None]) -> dict[str, Any]:
    """Send posts of `total_bytes` bytes to a reader in another process, and return its figures.

    Args:
        kind: "jsonl" or "json"; the second is one array.
        total_bytes: length of the stream. It only exists in the pipe.
        show: called with how far it is.
    """
    command = [sys.executable, "-m", "benchmarks.ingest.stream_memory"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        writer = threading.Thread(target=_write, args=(reader.stdin, kind, total_bytes, show))
        writer.start()
        output = reader.stdout.read()
        writer.join()
    if reader.returncode:
        raise subprocess.CalledProcessError(reader.returncode, command)
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    samples = figures.pop("memory_mb")
    early = samples[len(samples) // 10 :][:1] or samples[-1:]
    return {
        "stream": kind,
        "gb": round(total_bytes / 1e9, 2),
        **figures,
        "mb_at_a_tenth": early[0],
        "mb_at_the_end": samples[-1],
        "mb_a_second": round(total_bytes / 1e6 / figures["seconds"], 1),
    }


def measure_bomb(folder: Path, unpacked_mb: int) -> dict[str, Any]:
    """Write a zip bomb, and return how it is refused.

    Args:
        folder: where the file is written; it has a few hundred bytes.
        unpacked_mb: what it would become, in MiB.
    """
    path = folder / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive,
        archive.open("tweets.jsonl", "w") as member,
    ):
        member.write(next(stream_lines(1)))
        for _ in range(unpacked_mb):
            member.write(_BOMB_PART)
    packed = path.stat().st_size
    unpacked = unpacked_mb * len(_BOMB_PART)
    figures = run_module("benchmarks.ingest.stream_memory", [path])
    figures.pop("memory_mb")
    return {"bytes": packed, "unpacked_bytes": unpacked, "ratio": round(unpacked / packed), **figures}


def _write(pipe: IO[bytes], kind: str, total_bytes: int, show: Callable[[str], None]) -> None:
    lines = list(stream_lines(_BLOCK_POSTS))
    block = (b"," if kind == "json" else b"").join(lines)
    written = 0
    try:
        with pipe:
            if kind == "json":
                pipe.write(b"[")
            while written < total_bytes:
                if written and kind == "json":
                    pipe.write(b",")
                pipe.write(block)
                written += len(block)
                show(f"{kind}: {written / 1e9:.1f} of {total_bytes / 1e9:.1f} GB")
            if kind == "json":
                pipe.write(b"]")
    except BrokenPipeError:
        pass  # the reader has failed, and its status says so


def _read(posts: Iterator[bool]) -> dict[str, Any]:
    started = time.perf_counter()
    valid = rejected = 0
    memory: list[float] = []
    refused = ""
    try:
        for is_valid in posts:
            valid += is_valid
            rejected += not is_valid
            if (valid + rejected) % _SAMPLE_EVERY == 0:
                memory.append(round(memory_mb("VmRSS"), 1))
    except FeedError as error:
        refused = str(error)
    return {
        "posts": valid,
        "rejected": rejected,
        "seconds": round(time.perf_counter() - started, 2),
        "refused": refused,
        "memory_mb": memory or [round(memory_mb("VmRSS"), 1)],
        "peak_mb": round(memory_mb("VmHWM"), 1),
    }


if __name__ == "__main__":
    print(json.dumps(_read(read_validity(Path(sys.argv[1]) if len(sys.argv) > 1 else None))))
