"""The worker: micro-batches from Kafka through the model into the database, acknowledged in order.

stages           the ordered list of stages, and the two small ones
other_languages  the stage that skips posts in other languages
scoring          the stage that calls the model
device_memory    a GPU without free memory
sink             the last stage: write, acknowledge, commit
outages          waiting for a database that is away
tally            the log line with its sums
stage_work       what the stages work on now, and which dependency they wait for
stage_watch      a batch without a result is logged, and ends the process
reader_watch     unread messages without progress are logged, and end the process
unread           how far the broker and the reader are in each partition
byte_limits      limits the bytes of waiting messages and of batches
bounded_polls    limits the bytes that one poll of the consumer returns
bounded_decoding unpacks record batches up to a limit
memory_errors    ends the process when memory runs out
conveyor         moves batches through the stages
faust_app        the Faust app, with limits to its waits
group_instance   the name of a worker in its group, which a restart keeps
app              connects the conveyor to Faust
worker           starts and ends everything
shutdown         ends it by force if it hangs

The stages need no Faust, so `run_worker` is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.lazy_names import lazy_names

if TYPE_CHECKING:
    from monitor.stream.worker import run_worker
else:
    __getattr__ = lazy_names(__name__, {"worker": ("run_worker",)})

__all__ = ["run_worker"]
