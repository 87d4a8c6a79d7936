"""One reader: an encoder with its Classifier and its Extractor, which reads texts of any length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.encoder import LongText, TweetTokenizer, WindowedTexts
from models.network import Decision
from models.runtime import Engine, TweetScores
from models.scoring.decode import merge_words, read_words
from models.scoring.readings import Reading


class Reader:
    """Reads texts with one network (Algorithm 2, lines 6 to 8); a `TextReader`.

    A text that is longer than the encoder reads at once is read in overlapping windows. Its probability is
    the highest of its windows, and its words are those of all windows at or above the threshold.

    Args:
        engine: runs the network.
        tokenizer: of the encoder; it has the longest input.
        decision: vote of an ensemble, and calibration; by default a majority and no calibration.
        reads_context: whether the network was trained to read the context of a text before it. If not,
            contexts are ignored.
    """

    def __init__(
        self,
        engine: Engine,
        tokenizer: TweetTokenizer,
        decision: Decision | None = None,
        *,
        reads_context: bool = False,
    ) -> None:
        self.engine = engine
        self.tokenizer = tokenizer
        self.decision = decision or Decision()
        self.reads_context = reads_context

    def read(
        self,
        texts: Sequence[str],
        contexts: Sequence[str] | None = None,
        *,
        threshold: float | Sequence[float],
        advance: Callable[[int], None] = lambda windows: None,
    ) -> list[Reading]:
        """Read each text, in order; several threads may call at once.

        Args:
            texts: any texts.
            contexts: for each text what is read before it, empty where there is nothing; None for none.
            threshold: probability from which a text is positive, and its words are read; or one for each.
            advance: called after each micro-batch with its number of windows.
        """
        windowed = self.tokenizer.windows(texts, contexts if self.reads_context else None)
        if not isinstance(threshold, float | int):
            threshold = _by_input(threshold, windowed)
        scores = self.engine.score(
            windowed.inputs, threshold=threshold, decision=self.decision, advance=advance
        )
        readings: list[Reading] = []
        for index, text in enumerate(texts):
            long = windowed.long.get(index)
            if long is not None:
                readings.append(_join_windows(text, long, [scores[row] for row in long.rows]))
                continue
            probability, adverse = scores[index].probability, scores[index].token_probabilities
            words = None if adverse is None else read_words(text, windowed.inputs[index], adverse)
            readings.append(Reading(probability, words))
        return readings


def _by_input(by_text: Sequence[float], windowed: WindowedTexts) -> list[float]:
    """Return for each input the number of its text."""
    by_input = [0.0] * len(windowed.inputs)
    for text, number in enumerate(by_text):
        for row in windowed.rows(text):
            by_input[row] = number
    return by_input


def _join_windows(text: str, long: LongText, scores: Sequence[TweetScores]) -> Reading:
    """Return the reading of a text from the scores of its windows."""
    adverse = [window.token_probabilities for window in scores]
    is_read = any(tokens is not None for tokens in adverse)
    return Reading(
        probability=max(window.probability for window in scores),
        words=merge_words(text, long, adverse) if is_read else None,
        windows=len(scores),
        unread=0 if long.read_to is None else len(text) - long.read_to,
    )
