"""The cache of predictions: it changes no prediction, keeps no text, and is bounded."""

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
    """Finds an effect in each word, and another probability for every text; records what it scores."""

    def __init__(self, version: str = "wordy-1") -> None:
        self.version = version
        self.scored: list[str] = []
        self.contexts: list[str] = []

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        self.scored += texts
        self.contexts += contexts or [""] * len(texts)
        return [self.predict(text) for text in texts]

    def predict(self, text: str) -> TweetPrediction:
        probability = zlib.crc32(text.strip(" \t\r\n").encode(errors="surrogatepass")) / 2**32
        others = (Candidate("90000002", "Nausea", probability / 2),)
        mentions = tuple(
            Mention(
                word.start(), word.end(), word[0], probability, "90000001", "Dizziness", probability, others
            )
            for word in re.finditer(r"\w+", text)
        )
        return TweetPrediction("ADE" if mentions else "NoADE", probability, mentions)


@given(
    calls=st.lists(st.lists(TEXTS, max_size=6), max_size=6),
    again=st.randoms(use_true_random=False),
    entries=st.integers(1, 8),
)
@pytest.mark.parametrize("plain", [WordyScorer(), DummyScorer()])
def test_predictions_are_those_of_the_scorer(
    plain: WordyScorer | DummyScorer, calls: list[list[str]], again: random.Random, entries: int
) -> None:
    cached = CachingScorer(plain, entries)
    seen = [text for call in calls for text in call]
    for call in calls:
        texts = [*call, *again.choices(seen, k=3)] if seen else call
        assert cached.score(texts) == plain.score(texts)
        assert len(cached) <= entries


def test_a_pipeline_predicts_the_same_with_the_cache(pipeline: Pipeline) -> None:
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
        for prediction, plain in zip(cached.score(texts), pipeline.score(texts), strict=True):
            assert prediction.label == plain.label
            assert prediction.probability == pytest.approx(plain.probability, abs=1e-5)
            assert [(m.start, m.end, m.text, m.ptid) for m in prediction.mentions] == [
                (m.start, m.end, m.text, m.ptid) for m in plain.mentions
            ]
    assert cached.counts == CacheCounts(lookups=12, hits=8)


def test_a_text_is_scored_once_whatever_blanks_surround_it() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 10)
    cached.score(["dizzy", " dizzy\n", "fine"])
    [prediction] = cached.score(["\t\n dizzy"])
    assert behind.scored == ["dizzy", "fine"]
    assert [(m.start, m.end, m.text) for m in prediction.mentions] == [(3, 8, "dizzy")]
    assert cached.counts == CacheCounts(lookups=4, hits=2)
    assert cached.counts.rate == 0.5


def test_the_least_recently_used_prediction_is_removed_first() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cached.score([text])
    assert behind.scored == ["a", "b", "c", "b"]


def test_a_call_may_have_more_texts_than_the_cache_has_entries() -> None:
    cached = CachingScorer(WordyScorer(), 3)
    texts = [f"text {n}" for n in range(50)]
    assert cached.score(texts) == WordyScorer().score(texts)
    assert len(cached) == 3


def test_no_word_of_a_tweet_is_kept() -> None:
    cached = CachingScorer(DummyScorer(), 10)
    cached.score(["my secretword makes me dizzy", "my secretword and no more", "Headache"])
    assert len(cached) == 3
    kept = strings_in(cached)
    assert "Dizziness" in kept
    assert not [word for word in kept if "secret" in word or "dizzy" in word or word == "Headache "]


def strings_in(root: object) -> set[str]:
    """Return all strings that an object refers to, except through types and code."""
    strings: set[str] = set()
    seen: set[int] = set()
    pending = [root]
    while pending:
        thing = pending.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType | FunctionType):
            continue
        seen.add(id(thing))
        if isinstance(thing, str):
            strings.add(thing)
        pending += gc.get_referents(thing)
    return strings


def test_a_text_is_scored_once_for_each_context() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 10)
    cached.score(["dizzy", "dizzy", "dizzy"], ["on zoloft", "", "on zoloft\n"])
    cached.score(["dizzy"])
    cached.score(["dizzy", "dizzyon"], ["on zoloft", " zoloft"])
    assert list(zip(behind.scored, behind.contexts, strict=True)) == [
        ("dizzy", "on zoloft"),
        ("dizzy", ""),
        ("dizzyon", "zoloft"),
    ]


def test_contexts_that_change_nothing_cost_no_entry() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 10, reads_context=False)
    cached.score(["dizzy", "dizzy"], ["on zoloft", "off zoloft"])
    assert (behind.scored, behind.contexts) == (["dizzy"], [""])


def test_the_reason_and_the_windows_are_kept() -> None:
    class Reasoning(WordyScorer):
        def predict(self, text: str) -> TweetPrediction:
            return TweetPrediction("NoADE", 0.999, (), "no_span", windows=3, unread=7)

    cached = CachingScorer(Reasoning(), 10)
    assert cached.score(["a long one"]) == cached.score([" a long one"]) == [Reasoning().predict("")]


def test_another_version_scores_again() -> None:
    behind = WordyScorer()
    cached = CachingScorer(behind, 10)
    cached.score(["dizzy"])
    behind.version = "wordy-2"
    cached.score(["dizzy"])
    assert behind.scored == ["dizzy", "dizzy"]
    assert cached.version == "wordy-2"


def test_threads_get_the_predictions_for_their_own_texts() -> None:
    cached = CachingScorer(WordyScorer(), 20)
    plain = WordyScorer()
    vocabulary = [f"{blank}word {n}{blank}" for n in range(40) for blank in ("", " ")]

    def score_many(seed: int) -> int:
        choose = random.Random(seed)
        for _ in range(150):
            texts = choose.choices(vocabulary, k=choose.randrange(8))
            assert cached.score(texts) == [plain.predict(text) for text in texts]
        return seed

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(score_many, range(8))) == list(range(8))
    assert len(cached) == 20
    assert 0 < cached.counts.hits < cached.counts.lookups


def test_counts_can_be_subtracted() -> None:
    assert CacheCounts(10, 4).since(CacheCounts(6, 3)) == CacheCounts(4, 1)
    assert CacheCounts().rate == 0


def test_a_cache_needs_at_least_one_entry() -> None:
    with pytest.raises(ValueError, match="0 entries"):
        CachingScorer(DummyScorer(), 0)


def test_a_failed_call_leaves_nothing_behind() -> None:
    class Failing(WordyScorer):
        fails = True

        def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
            if self.fails:
                raise ValueError("not now")
            return super().score(texts)

    behind = Failing()
    cached = CachingScorer(behind, 10)
    with pytest.raises(ValueError, match="not now"):
        cached.score(["a", "b"])
    assert (len(cached), cached.counts) == (0, CacheCounts())
    behind.fails = False
    assert cached.score(["a", "b"]) == WordyScorer().score(["a", "b"])


@pytest.mark.parametrize(
    "fault",
    [
        TweetPrediction("NoADE", float("nan")),
        TweetPrediction("ADE", 1.5),
        TweetPrediction("NoADE", -0.1),
        TweetPrediction("ADE", 0.9, (Mention(0, 3, "odd", float("nan"), None, None, None),)),
        TweetPrediction("ADE", 0.9, (Mention(0, 9, "odd", 0.9, None, None, None),)),
        TweetPrediction("ADE", 0.9, (Mention(0, 3, "", 0.9, None, None, None),)),
        TweetPrediction("ADE", 0.9, (Mention(-3, 3, "odd", 0.9, None, None, None),)),
        TweetPrediction("ADE", 0.9, (Mention(0, 3, "odd", 0.9, "1", "Rash", 1.5),)),
    ],
)
def test_an_impossible_prediction_is_returned_but_not_kept(fault: TweetPrediction) -> None:
    class Faulty(WordyScorer):
        def predict(self, text: str) -> TweetPrediction:
            return fault

    cached = CachingScorer(Faulty(), 10)
    assert repr(cached.score(["odd"])) == repr([fault])
    assert len(cached) == 0


def test_a_missing_prediction_is_an_error() -> None:
    class Incomplete(WordyScorer):
        def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
            return super().score(texts)[1:]

    with pytest.raises(ValueError, match="shorter"):
        CachingScorer(Incomplete(), 10).score(["a", "b"])
