"""A MemoryError ends the process, wherever it happens and whatever catches it."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from monitor.stream.memory_errors import END_STATUS, MemoryErrorHandler, is_out_of_memory

PLACES = {
    "a library that logs and goes on": """
        async def reader():
            try:
                raise MemoryError
            except Exception as error:
                logging.getLogger("aiokafka").exception("unexpected")
        await reader()
        """,
    "an error that was raised because of it": """
        try:
            try:
                raise MemoryError
            except Exception as error:
                raise RuntimeError("fetch failed") from error
        except RuntimeError as error:
            logging.getLogger("faust").error("crashed: %r", error)
        """,
    "a thread": """
        def work():
            raise MemoryError
        thread = threading.Thread(target=work)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.01)
        """,
    "a task that nobody awaits": """
        async def work():
            raise MemoryError
        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        del task
        gc.collect()
        """,
    "a callback": """
        def work():
            raise MemoryError
        asyncio.get_running_loop().call_soon(work)
        await asyncio.sleep(0.01)
        """,
}

PROGRAM = """
import asyncio, gc, logging, threading
from monitor.stream.memory_errors import end_on_memory_error

async def main():
    end_on_memory_error(asyncio.get_running_loop())
    {place}
    await asyncio.sleep(0.05)

asyncio.run(main())
"""


@pytest.mark.parametrize("place", PLACES)
def test_a_memory_error_ends_the_process(place: str) -> None:
    program = PROGRAM.format(place=PLACES[place].replace("\n    ", "\n").strip())
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == END_STATUS, result.stderr
    assert "out of memory" in result.stderr


def test_other_errors_do_not_end_the_process() -> None:
    ended: list[bool] = []
    handler = MemoryErrorHandler(lambda: ended.append(True))
    for error in (ValueError("x"), None):
        info = (type(error), error, None) if error else None
        handler.emit(logging.LogRecord("faust", logging.ERROR, "", 1, "%r", (error,), info))
    assert not ended
    assert not is_out_of_memory(None)


def test_errors_that_cause_each_other_are_followed_once() -> None:
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert not is_out_of_memory(first)
    second.__cause__ = MemoryError()
    assert is_out_of_memory(first)
