"""Dead letters: messages that were refused.

letter          what the worker sends to the dead-letter topic
stored_letters  the letters in that topic
replay          sending them again
"""

from monitor.deadletters.letter import DETAIL, DeadLetter, dead_letter
from monitor.deadletters.replay import (
    REPLAYED_FROM,
    Replayed,
    ReplayError,
    ReplayOptions,
    ReplayResult,
    Selection,
    replay_letters,
)
from monitor.deadletters.stored_letters import RECEIPT_FOR, SENT_TO, StoredLetter, read_letters

__all__ = [
    "DETAIL",
    "RECEIPT_FOR",
    "REPLAYED_FROM",
    "SENT_TO",
    "DeadLetter",
    "ReplayError",
    "ReplayOptions",
    "ReplayResult",
    "Replayed",
    "Selection",
    "StoredLetter",
    "dead_letter",
    "read_letters",
    "replay_letters",
]
