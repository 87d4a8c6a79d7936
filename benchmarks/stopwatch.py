"""Where the time of a call goes, without a profiler's own cost."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any


class Stopwatch:
    """Adds up the seconds within some methods, whoever calls them."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def watch(self, owner: type, method: str, part: str) -> None:
        """Take the time of a method of a class from now on."""
        plain = getattr(owner, method)

        def timed(*values: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return plain(*values, **named)
            finally:
                self.spent[part] += time.perf_counter() - started

        setattr(owner, method, timed)
