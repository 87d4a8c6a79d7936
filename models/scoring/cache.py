"""A cache of predictions: copies, retweets and spam cost a hash instead of a forward pass."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.predictions import Scorer, TweetPrediction, prediction_fault, require_texts

# White space without tokens in any tokenizer, which `decode` treats like the end of the text. Other white
# space is rare, and left to the tokenizer.
_MARGIN = " \t\r\n"


@dataclass(frozen=True)
class CacheCounts:
    """How many texts were looked up in a cache, and how many of them it had."""

    lookups: int = 0
    hits: int = 0

    @property
    def rate(self) -> float:
        """Share of the lookups that were hits, 0 without lookups."""
        return self.hits / self.lookups if self.lookups else 0.0

    def since(self, before: CacheCounts) -> CacheCounts:
        """Return the counts since `before`."""
        return CacheCounts(self.lookups - before.lookups, self.hits - before.hits)


class CachingScorer:
    """A `Scorer` that asks another scorer only about texts that it has not seen recently.

    Two texts are the same if they and their contexts differ only in spaces, tabs and line ends around them.
    (Styled letters, such as 𝐛𝐨𝐥𝐝, have the same tokens as plain ones, but spans are cut from the text as
    written.) A text that occurs twice in one call with the same context is scored once.

    The cache keeps no text: only a hash of 128 bits, and the prediction without the words of its spans,
    which are cut from the text again. An entry takes about 240 bytes, or 820 with a mention and its
    candidates. The least recently used entry is removed first.

    Safe to call from several threads at once if `scorer` is.

    Args:
        scorer: its predictions must depend on nothing but the text and its context.
        entries: the number of predictions to keep, at least 1.
        reads_context: whether predictions depend on contexts. If not, a text has one entry whatever its
            context is.

    Raises:
        ValueError: `entries` is less than 1.
    """

    def __init__(self, scorer: Scorer, entries: int, *, reads_context: bool = True) -> None:
        if entries < 1:
            raise ValueError(f"a cache of {entries} entries keeps nothing: it needs at least 1")
        self.scorer = scorer
        self._reads_context = reads_context
        self._max_entries = entries
        self._entries: OrderedDict[bytes, TweetPrediction] = OrderedDict()
        self._lock = threading.Lock()
        self._counts = CacheCounts()

    @property
    def version(self) -> str:
        """The version of the scorer behind the cache."""
        return self.scorer.version

    @property
    def counts(self) -> CacheCounts:
        """Lookups and hits so far, without calls that failed."""
        return self._counts

    def __len__(self) -> int:
        return len(self._entries)

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        """Score each text, in order.

        If the scorer raises, the exception passes through, and nothing of that call is kept.
        """
        require_texts(texts, contexts)
        stripped = [text.strip(_MARGIN) for text in texts]
        around = [""] * len(texts)
        if contexts is not None and self._reads_context:
            around = [context.strip(_MARGIN) for context in contexts]
        keys = self._keys(stripped, around)
        cached = self._lookup(keys)
        missing = {
            key: (text, context)
            for key, text, context in zip(keys, stripped, around, strict=True)
            if key not in cached
        }
        predictions = self._score_missing([*missing.values()]) if missing else []
        scored = dict(zip(missing, predictions, strict=True))
        # An impossible prediction must not outlive its call.
        self._store(
            {
                key: _without_words(prediction)
                for key, prediction in scored.items()
                if prediction_fault(prediction, missing[key][0]) is None
            }
        )
        with self._lock:
            counts = self._counts
            self._counts = CacheCounts(counts.lookups + len(texts), counts.hits + len(texts) - len(missing))
        return [
            _shifted(scored[key], text) if key in scored else _with_words(_shifted(cached[key], text), text)
            for key, text in zip(keys, texts, strict=True)
        ]

    def _score_missing(self, missing: Sequence[tuple[str, str]]) -> list[TweetPrediction]:
        contexts = [context for _, context in missing]
        return self.scorer.score([text for text, _ in missing], contexts if any(contexts) else None)

    def _keys(self, texts: Sequence[str], contexts: Sequence[str]) -> list[bytes]:
        """Return a hash of each text, its context and the scorer's version."""
        version_hash = hashlib.blake2b(self.version.encode() + b"\0", digest_size=16)
        keys = []
        for text, context in zip(texts, contexts, strict=True):
            text_hash = version_hash.copy()
            text_hash.update(text.encode(errors="surrogatepass"))
            if context:
                # UTF-8 has no byte 0xff, so no text ends as another one's context begins.
                text_hash.update(b"\xff" + context.encode(errors="surrogatepass"))
            keys.append(text_hash.digest())
        return keys

    def _lookup(self, keys: Sequence[bytes]) -> dict[bytes, TweetPrediction]:
        cached: dict[bytes, TweetPrediction] = {}
        with self._lock:
            for key in keys:
                if key not in cached and (prediction := self._entries.get(key)) is not None:
                    self._entries.move_to_end(key)
                    cached[key] = prediction
        return cached

    def _store(self, predictions: dict[bytes, TweetPrediction]) -> None:
        with self._lock:
            for key, prediction in predictions.items():
                self._entries[key] = prediction
                self._entries.move_to_end(key)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)


def _without_words(prediction: TweetPrediction) -> TweetPrediction:
    """Remove the tweet's words from a prediction."""
    if not prediction.mentions:
        return prediction
    return replace(prediction, mentions=tuple(replace(mention, text="") for mention in prediction.mentions))


def _with_words(prediction: TweetPrediction, text: str) -> TweetPrediction:
    """Put the words of the spans into a prediction, cut from `text`."""
    if not prediction.mentions:
        return prediction
    mentions = (replace(mention, text=text[mention.start : mention.end]) for mention in prediction.mentions)
    return replace(prediction, mentions=tuple(mentions))


def _shifted(prediction: TweetPrediction, text: str) -> TweetPrediction:
    """Make the offsets of a prediction for the stripped text count from the start of `text`."""
    shift = len(text) - len(text.lstrip(_MARGIN))
    if not (prediction.mentions and shift):
        return prediction
    mentions = (
        replace(mention, start=mention.start + shift, end=mention.end + shift)
        for mention in prediction.mentions
    )
    return replace(prediction, mentions=tuple(mentions))
