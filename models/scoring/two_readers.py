"""Two unlike readers: a small one for every post, a large one for the few that matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.bundle import SecondReader
from models.scoring.combination import NEVER, Combination
from models.scoring.combined_words import combine_words
from models.scoring.reader import Reader
from models.scoring.readings import Reading


class TwoReaders:
    """Reads all posts with one reader, and the likeliest with a second one, too; a `TextReader`.

    Whether the second reads a post depends on the first probability of that post alone, so no result depends
    on the batch. Words are extracted by those readers that the choice of spans needs, and only where they can
    matter: by the first where the second reads too, by the second where both together reach the threshold.

    Args:
        first: reads every post.
        second: reads posts from a probability of the first on.
        section: this probability, the weights of both, and whose words become spans.
    """

    def __init__(self, first: Reader, second: Reader, section: SecondReader) -> None:
        self.first = first
        self.second = second
        self.combination = Combination(section)
        self.spans = section.spans

    @property
    def reads_context(self) -> bool:
        """True if one of the readers reads the context of a post."""
        return self.first.reads_context or self.second.reads_context

    def read(
        self,
        texts: Sequence[str],
        contexts: Sequence[str] | None = None,
        *,
        threshold: float,
        advance: Callable[[int], None] = lambda windows: None,
    ) -> list[Reading]:
        """Read each text, in order; several threads may call at once.

        Args:
            texts: any texts.
            contexts: for each text what is read before it, empty where there is nothing; None for none.
            threshold: combined probability from which a text is positive. Texts that the second does not read
                are never positive.
            advance: called after each micro-batch of the first reader with its number of windows.
        """
        extracts_from = self.combination.section.reads_from if self.spans != "second" else NEVER
        readings = self.first.read(texts, contexts, threshold=extracts_from, advance=advance)
        likely = [row for row, reading in enumerate(readings) if self._asks_second(reading)]
        if not likely:
            return [self._unread(reading, threshold) for reading in readings]
        further = self.second.read(
            [texts[row] for row in likely],
            None if contexts is None else [contexts[row] for row in likely],
            threshold=[self._extracts_from(readings[row], threshold) for row in likely],
        )
        by_row = dict(zip(likely, further, strict=True))
        return [
            self._combine(reading, by_row[row], threshold)
            if row in by_row
            else self._unread(reading, threshold)
            for row, reading in enumerate(readings)
        ]

    def _asks_second(self, reading: Reading) -> bool:
        return self.combination.asks_second(reading.probability)

    def _extracts_from(self, first: Reading, threshold: float) -> float:
        """Return the second reader's probability from which its words are needed."""
        if self.spans == "first":
            return NEVER
        return self.combination.least_second(first.probability, threshold)

    def _unread(self, first: Reading, threshold: float) -> Reading:
        return Reading(
            self.combination.probability_alone(first.probability, threshold),
            None,
            windows=first.windows,
            unread=first.unread,
            first=first.probability,
        )

    def _combine(self, first: Reading, second: Reading, threshold: float) -> Reading:
        probability = self.combination.probability(first.probability, second.probability)
        is_positive = probability >= threshold
        return Reading(
            probability,
            combine_words(first.words or (), second.words or (), self.spans) if is_positive else None,
            windows=first.windows,
            unread=first.unread,
            first=first.probability,
            second=second.probability,
        )
