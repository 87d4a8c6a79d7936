"""The worker: micro-batches from Kafka through the model into the database, acknowledged in order.

stages           the ordered list of stages, and the two small ones
other_languages  the stage that skips posts in other languages
scoring          the stage that calls the model
sink             the last stage: write, acknowledge, commit
outages          waiting for a database that is away
tally            the log line with its sums
conveyor         moves batches through the stages
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
