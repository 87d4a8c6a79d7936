"""The newest dead letters, read from the end of the topic: what is before them does not count for the time.

Receipts are behind the letters that they belong to, in the same partition. So a caller that reads backwards
has met the receipt of a letter before the letter.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.deadletters.stored_letters import (
    SENT_TO,
    StoredLetter,
    headers_of,
    read_messages,
    receipt_offset,
)
from monitor.kafka import broker_away_error, end_offsets, open_consumer, partitions_of
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition

FIRST_WINDOW: Final = 100
"""Offsets of each partition that are read first, from its end."""

GROWTH: Final = 4
"""How much larger each further window is, so that a long way back takes few steps."""


@dataclass(frozen=True, slots=True)
class NewestLetters:
    """The newest letters of some kind, and what was read to find them.

    Attributes:
        letters: oldest first.
        reasons: how many letters of this kind were read, by reason.
        unread: offsets before those that were read. With 0, `reasons` is complete.
    """

    letters: Sequence[StoredLetter]
    reasons: Counter[str]
    unread: int


class _Aged(NamedTuple):
    """A letter with the milliseconds since 1970 at which the broker got it."""

    timestamp: int
    letter: StoredLetter


def newest_letters(
    kafka: KafkaSettings,
    count: int,
    accepts: Callable[[StoredLetter], bool] = lambda letter: True,
    *,
    window: int = FIRST_WINDOW,
) -> NewestLetters:
    """Return the newest letters of the dead-letter topic that `accepts` takes; at most `count`.

    At most `count` letters of each partition are kept in memory. No consumer group is joined and no offset is
    committed.

    Args:
        kafka: which topic.
        count: of letters.
        accepts: which letters count.
        window: offsets of each partition that are read first.

    Raises:
        RetryableError: the broker is away, or sends nothing for `stored_letters.READ_TIMEOUT`.
    """
    from kafka.errors import KafkaError

    topic = kafka.dead_letter_topic
    with open_consumer(kafka) as consumer:
        try:
            places = partitions_of(kafka, consumer, topic)
            if not places:
                return NewestLetters((), Counter(), 0)
            ends = end_offsets(consumer, places)
            firsts = consumer.beginning_offsets(places)
            tails = [_Tail(place, firsts[place], ends[place], count, accepts) for place in places]
            while unfinished := [tail for tail in tails if not tail.is_finished]:
                _read_back(consumer, unfinished, window)
                window *= GROWTH
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None
    newest = sorted(
        (aged for tail in tails for aged in tail.letters),
        key=lambda aged: (aged.timestamp, aged.letter.partition, aged.letter.offset),
    )[-count:]
    reasons = sum((tail.reasons for tail in tails), Counter[str]())
    return NewestLetters([aged.letter for aged in newest], reasons, sum(tail.unread for tail in tails))


class _Tail:
    """The end of one partition, as far as it was read."""

    def __init__(
        self,
        place: TopicPartition,
        first: int,
        end: int,
        count: int,
        accepts: Callable[[StoredLetter], bool],
    ) -> None:
        self.place = place
        self.start = self.end = end
        self.letters: list[_Aged] = []
        self.reasons: Counter[str] = Counter()
        self._first = first
        self._count = count
        self._accepts = accepts
        self._sent: dict[int, str] = {}
        self._in_window: deque[_Aged] = deque()

    @property
    def unread(self) -> int:
        """Offsets before those that were read."""
        return max(0, self.start - self._first)

    @property
    def is_finished(self) -> bool:
        """True if there are enough letters, or nothing is left to read."""
        return len(self.letters) >= self._count or not self.unread

    def step_back(self, window: int) -> None:
        """Make the `window` offsets before those that were read the next to be read."""
        self.start, self.end = max(self._first, self.start - window), self.start
        self._in_window = deque(maxlen=self._count - len(self.letters))

    def add_receipt(self, letter_offset: int, sent_to: str) -> None:
        """Remember to where a letter was sent."""
        self._sent[letter_offset] = sent_to

    def add_letter(self, message: Any, headers: dict[str, str]) -> None:
        """Add a letter of the window; they come in the order of their offsets."""
        sent_to = self._sent.get(message.offset)
        letter = StoredLetter(
            message.partition, message.offset, message.key, message.value or b"", headers, sent_to
        )
        if self._accepts(letter):
            self.reasons[letter.reason] += 1
            self._in_window.append(_Aged(message.timestamp, letter))

    def end_window(self) -> None:
        """Put the letters of the window before the newer ones."""
        self.letters = [*self._in_window, *self.letters]


def _read_back(consumer: KafkaConsumer, tails: Sequence[_Tail], window: int) -> None:
    """Read the window before what was read of each partition: first its receipts, then its letters."""
    for tail in tails:
        tail.step_back(window)
    by_partition = {tail.place.partition: tail for tail in tails}
    places = ({tail.place: tail.end for tail in tails}, {tail.place: tail.start for tail in tails})
    for message in read_messages(consumer, *places):
        headers = headers_of(message)
        if (letter_offset := receipt_offset(headers)) is not None:
            by_partition[message.partition].add_receipt(letter_offset, headers.get(SENT_TO, ""))
    for message in read_messages(consumer, *places):
        headers = headers_of(message)
        if receipt_offset(headers) is None:
            by_partition[message.partition].add_letter(message, headers)
    for tail in tails:
        tail.end_window()
