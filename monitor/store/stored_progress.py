"""How far the database is: what `ade-monitor topics rewind --to database` reads on from."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import or_, select

from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.tables import progress


def stored_progress(settings: Settings, topic_id: str | None = None) -> Mapping[int, int]:
    """Return for each partition the offset after the last message that is in the database. Blocking.

    Partitions that no batch was written from are missing.

    Args:
        settings: the database, the group and the topic.
        topic_id: id of the topic as it is now. What was read of another topic with its name does not count.
            None if the id is not known.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database does not exist.
    """
    kafka = settings.kafka
    of_group = select(progress.c.partition, progress.c.next_offset).where(
        progress.c.consumer_group == kafka.group_id, progress.c.topic == kafka.topic
    )
    if topic_id is not None:
        of_group = of_group.where(or_(progress.c.topic_id.is_(None), progress.c.topic_id == topic_id))
    engine = reading_engine(settings.database)
    with translate_driver_errors(settings.database), engine.connect() as connection:
        return {row.partition: row.next_offset for row in connection.execute(of_group)}
