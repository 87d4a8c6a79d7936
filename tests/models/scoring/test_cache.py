"""Answers that are kept: the same as without, nothing of the tweets in them, and bounded."""

from __future__ import annotations

import gc
import random
import re
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType, ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Candidate, DummyScorer, Mention, Pipeline, TweetPrediction
from models.scoring import CacheCounts, CachingScorer

MARGINS = st.text(" \t\r\n", max_size=3)
PIECES = [
    "dizzy",
    "Headache",
    " ",
    "\n",
    "\u00a0",
    "\u3000",
    "\x1c",
    "\u200b",
    "𝐝𝐢𝐳𝐳𝐲",
    "e\u0301",
    "🤢",
    "\ud83d",
    "x",
]
CORES = st.one_of(st.lists(st.sampled_from(PIECES), max_size=5).map("".join), st.text(max_size=10))
TEXTS = st.builds("{}{}{}".format, MARGINS, CORES, MARGINS)


class WordyScorer:
    """Takes each word for an effect and says something else of every text; counts what it is asked."""

    def __init__(self, version: str = "wordy-1") -> None:
        self.version = version
        self.asked: list[str] = []

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        self.asked += texts
        return [self.judge(text) for text in texts]

    def judge(self, text: str) -> TweetPrediction:
        number = zlib.crc32(text.strip(" \t\r\n").encode(errors="surrogatepass")) / 2**32
        others = (Candidate("90000002", "Nausea", number / 2),)
        mentions = tuple(
            Mention(word.start(), word.end(), word[0], number, "90000001", "Dizziness", number, others)
            for word in re.finditer(r"\w+", text)
        )
        return TweetPrediction("ADE" if mentions else "NoADE", number, mentions)


@given(
    calls=st.lists(st.lists(TEXTS, max_size=6), max_size=6),
    again=st.randoms(use_true_random=False),
    entries=st.integers(1, 8),
)
@pytest.mark.parametrize("plain", [WordyScorer(), DummyScorer()])
def test_answers_are_those_of_the_scorer_behind(
    plain: WordyScorer | DummyScorer, calls: list[list[str]], again: random.Random, entries: int
) -> None:
    cached = CachingScorer(plain, entries)
    seen = [text for call in calls for text in call]
    for call in calls:
        texts = [*call, *again.choices(seen, k=3)] if seen else call
        assert cached.score(texts) == plain.score(texts)
        assert len(cached) <= entries


def test_a_pipeline_says_the_same_through_the_cache(pipeline: Pipeline) -> None:
    texts = [
        "so dizzy",
        "zoloft gives me nausea",
        "  \tso dizzy\n",
        "hello you",
        "",
        "zoloft gives me nausea ",
    ]
    cached = CachingScorer(pipeline, 10)
    for _ in range(2):
        for said, plain in zip(cached.score(texts), pipeline.score(texts), strict=True):
            assert said.label == plain.label
            assert said.probability == pytest.approx(plain.probability, abs=1e-5)
            assert [(m.start, m.end, m.text, m.ptid) for m in said.mentions] == [
                (m.start, m.end, m.text, m.ptid) for m in plain.mentions
            ]
    assert cached.counts == CacheCounts(lookups=12, hits=8)


def test_a_text_is_judged_once_whatever_blanks_are_around_it() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 10)
    cached.score(["dizzy", " dizzy\n", "fine"])
    [said] = cached.score(["\t\n dizzy"])
    assert behind.asked == ["dizzy", "fine"]
    assert [(m.start, m.end, m.text) for m in said.mentions] == [(3, 8, "dizzy")]
    assert cached.counts == CacheCounts(lookups=4, hits=2)
    assert cached.counts.rate == 0.5


def test_the_least_recently_used_answer_gives_way() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cached.score([text])
    assert behind.asked == ["a", "b", "c", "b"]


def test_more_texts_at_once_than_are_kept_are_all_answered() -> None:
    cached = CachingScorer(WordyScorer(), 3)
    texts = [f"text {n}" for n in range(50)]
    assert cached.score(texts) == WordyScorer().score(texts)
    assert len(cached) == 3


def test_nothing_of_a_tweet_is_kept() -> None:
    cached = CachingScorer(DummyScorer(), 10)
    cached.score(["my secretword makes me dizzy", "my secretword and no more", "Headache"])
    assert len(cached) == 3
    known = words_in(cached)
    assert "Dizziness" in known
    assert not [word for word in known if "secret" in word or "dizzy" in word or word == "Headache "]


def words_in(thing: object) -> set[str]:
    """All strings that an object holds on to, types and code left out."""
    found: set[str] = set()
    seen: set[int] = set()
    rest = [thing]
    while rest:
        one = rest.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found.add(one)
        rest += gc.get_referents(one)
    return found


def test_another_version_is_asked_anew() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 10)
    cached.score(["dizzy"])
    behind.version = "wordy-2"
    cached.score(["dizzy"])
    assert behind.asked == ["dizzy", "dizzy"]
    assert cached.version == "wordy-2"


def test_many_threads_at_once_get_their_own_answers() -> None:
    cached = CachingScorer(WordyScorer(), 20)
    plain = WordyScorer()
    vocabulary = [f"{blank}word {n}{blank}" for n in range(40) for blank in ("", " ")]

    def hammer(seed: int) -> int:
        choose = random.Random(seed)
        for _ in range(150):
            texts = choose.choices(vocabulary, k=choose.randrange(8))
            assert cached.score(texts) == [plain.judge(text) for text in texts]
        return seed

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(hammer, range(8))) == list(range(8))
    assert len(cached) == 20
    assert 0 < cached.counts.hits < cached.counts.lookups


def test_counts_can_be_told_from_one_time_to_the_next() -> None:
    assert CacheCounts(10, 4).since(CacheCounts(6, 3)) == CacheCounts(4, 1)
    assert CacheCounts().rate == 0


def test_a_cache_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="0 entries"):
        CachingScorer(DummyScorer(), 0)
