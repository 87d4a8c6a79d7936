"""Answers for texts that come again: copies, retweets and spam cost a hash instead of a forward pass."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.predictions import Scorer, TweetPrediction

# No tokenizer has a token for them, and `decode` treats them as the end of the text; other white space is
# rare, and left to the tokenizer.
_MARGIN = " \t\r\n"


@dataclass(frozen=True)
class CacheCounts:
    """How often a cache was asked, in texts, and how often it had the answer."""

    lookups: int = 0
    hits: int = 0

    @property
    def rate(self) -> float:
        """Share of the lookups that were hits, 0 where nothing was asked."""
        return self.hits / self.lookups if self.lookups else 0.0

    def since(self, before: CacheCounts) -> CacheCounts:
        """Give what was counted after `before`."""
        return CacheCounts(self.lookups - before.lookups, self.hits - before.hits)


class CachingScorer:
    """A `Scorer` that asks another one only for texts that it has not seen of late.

    Texts are the same where they differ by nothing but spaces, tabs and line ends around them. (Letters
    of other shapes, 𝐛𝐨𝐥𝐝 for bold, have the same tokens, but spans are cut and coded by the text as it was
    written.) Where a text comes twice in one call it is judged once. Of a text nothing is kept but a hash of
    128 bits, of an answer all but the words of its spans, which are cut from the text at hand. An entry takes
    about 240 bytes, with a mention and its candidates about 820; the least recently used one gives way.

    Safe to call from several threads at once, where the scorer behind is.

    Args:
        scorer: who is asked; its answers must depend on the text alone, and on nothing around it.
        entries: answers that are kept, at least 1.
    """

    def __init__(self, scorer: Scorer, entries: int) -> None:
        if entries < 1:
            raise ValueError(f"a cache of {entries} entries keeps nothing: at least 1")
        self.scorer = scorer
        self._most = entries
        self._entries: OrderedDict[bytes, TweetPrediction] = OrderedDict()
        self._lock = threading.Lock()
        self._counts = CacheCounts()

    @property
    def version(self) -> str:
        """The version of the scorer behind."""
        return self.scorer.version

    @property
    def counts(self) -> CacheCounts:
        """What was asked so far; calls that failed are not counted."""
        return self._counts

    def __len__(self) -> int:
        return len(self._entries)

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Judge each text, in order; raises what the scorer behind raises, and keeps nothing of that call."""
        plain = [text.strip(_MARGIN) for text in texts]
        keys = self._keys(plain)
        answers = self._known(keys)
        asked = {key: text for key, text in zip(keys, plain, strict=True) if key not in answers}
        fresh = dict(zip(asked, self.scorer.score(list(asked.values())) if asked else [], strict=True))
        self._keep({key: _bare(said) for key, said in fresh.items() if _fits(said, asked[key])})
        with self._lock:
            counts = self._counts
            self._counts = CacheCounts(counts.lookups + len(texts), counts.hits + len(texts) - len(asked))
        return [
            _moved(fresh[key], text) if key in fresh else _cut(_moved(answers[key], text), text)
            for key, text in zip(keys, texts, strict=True)
        ]

    def _keys(self, texts: Sequence[str]) -> list[bytes]:
        salted = hashlib.blake2b(self.version.encode() + b"\0", digest_size=16)
        keys = []
        for text in texts:
            one = salted.copy()
            one.update(text.encode(errors="surrogatepass"))
            keys.append(one.digest())
        return keys

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, TweetPrediction]:
        found: dict[bytes, TweetPrediction] = {}
        with self._lock:
            for key in keys:
                if key not in found and (said := self._entries.get(key)) is not None:
                    self._entries.move_to_end(key)
                    found[key] = said
        return found

    def _keep(self, answers: dict[bytes, TweetPrediction]) -> None:
        with self._lock:
            for key, said in answers.items():
                self._entries[key] = said
                self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)


def _fits(said: TweetPrediction, text: str) -> bool:
    """Whether an answer can be given again: a fault must not outlive its call.

    Spans must be those of the text, since they will be cut from it, and a score must be a probability.
    """
    scores = [said.probability, *(mention.score for mention in said.mentions)]
    cut = all(
        0 <= mention.start == mention.end - len(mention.text)
        and text[mention.start : mention.end] == mention.text
        for mention in said.mentions
    )
    return cut and all(0 <= score <= 1.000_001 for score in scores)


def _bare(said: TweetPrediction) -> TweetPrediction:
    """Take the tweet's words out of an answer."""
    if not said.mentions:
        return said
    return replace(said, mentions=tuple(replace(mention, text="") for mention in said.mentions))


def _moved(said: TweetPrediction, text: str) -> TweetPrediction:
    """Make the offsets of an answer, which count from the first letter, count from the start of `text`."""
    shift = len(text) - len(text.lstrip(_MARGIN))
    if not (said.mentions and shift):
        return said
    mentions = (replace(one, start=one.start + shift, end=one.end + shift) for one in said.mentions)
    return replace(said, mentions=tuple(mentions))


def _cut(said: TweetPrediction, text: str) -> TweetPrediction:
    """Put the words back, from the text at hand."""
    if not said.mentions:
        return said
    return replace(
        said, mentions=tuple(replace(one, text=text[one.start : one.end]) for one in said.mentions)
    )
