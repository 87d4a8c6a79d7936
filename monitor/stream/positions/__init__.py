"""Which offsets are read, and which are committed: nothing is skipped without a word.

positioned_consumer  Faust's consumer with exact positions
positioned_thread    the thread in which it reads, and where positions change
acknowledged         how far each partition may be committed
damaged_batches      reading around batches that nobody can read
offset_reset         what happens if the next offset is not in the log any more
foreign_commits      noticing that another program moved our group
refused_fetches      reading behind damage that the broker itself reports
log_ends             noticing that a log ends before the next offset
assigned_states      what aiokafka knows of the partitions that are read
topic_watch          noticing that the topic was created again, or has more partitions
"""

from monitor.stream.positions.positioned_consumer import PositionedTransport
from monitor.stream.positions.topic_watch import METADATA_AGE_MS, TopicWatch

__all__ = ["METADATA_AGE_MS", "PositionedTransport", "TopicWatch"]
