"""Dead letters: messages that were refused.

letter           what the worker sends to the dead-letter topic
stored_letters   the letters in that topic
newest_letters   the last ones, without reading those before them
replay           sending them again
letter_ids       the ids of posts and authors in a letter
scrubbing        removing the letters of deleted posts and authors
survivors        writing the letters that stay again
record_deletion  deleting what is before them
"""

from monitor.deadletters.letter import DETAIL, DeadLetter, dead_letter
from monitor.deadletters.newest_letters import NewestLetters, newest_letters
from monitor.deadletters.record_deletion import ScrubError
from monitor.deadletters.replay import (
    REPLAYED_FROM,
    Replayed,
    ReplayError,
    ReplayOptions,
    ReplayResult,
    Selection,
    replay_letters,
)
from monitor.deadletters.scrubbing import ScrubResult, scrub_letters
from monitor.deadletters.stored_letters import MOVED_FROM, RECEIPT_FOR, SENT_TO, StoredLetter, read_letters

__all__ = [
    "DETAIL",
    "MOVED_FROM",
    "RECEIPT_FOR",
    "REPLAYED_FROM",
    "SENT_TO",
    "DeadLetter",
    "NewestLetters",
    "ReplayError",
    "ReplayOptions",
    "ReplayResult",
    "Replayed",
    "ScrubError",
    "ScrubResult",
    "Selection",
    "StoredLetter",
    "dead_letter",
    "newest_letters",
    "read_letters",
    "replay_letters",
    "scrub_letters",
]
