"""A span counts if its code is sure, or if a name of the PT is there word for word."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models import Mention, TweetPrediction
from monitor.labels.effect_finder import DictionaryNames, EffectFinder

NAMES = DictionaryNames([("1", "Hepatic failure"), ("1", "Liver failure"), ("2", "Nausea"), ("3", "!")])


class FixedScorer:
    """Finds one span in each text, with the same code."""

    version = "fixed"

    def __init__(self, words: str, ptid: str, score: float) -> None:
        self.words, self.ptid, self.score_of_code = words, ptid, score

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        return [self._prediction(text) for text in texts]

    def _prediction(self, text: str) -> TweetPrediction:
        start = text.index(self.words)
        mention = Mention(
            start, start + len(self.words), self.words, 0.9, self.ptid, "a name", self.score_of_code
        )
        return TweetPrediction("ADE", 0.01, (mention,))


@pytest.mark.parametrize(
    ("sentence", "words", "ptid", "score", "counts"),
    [
        ("Cases of liver injury", "liver injury", "1", 0.95, True),
        ("Cases of liver injury", "liver injury", "1", 0.5, False),
        ("Cases of failure of the liver", "failure", "1", 0.5, False),
        ("Cases of liver failure", "failure", "1", 0.1, True),
        ("HEPATIC FAILURE, fatal", "FAILURE", "1", 0.1, True),
        ("Cases of nauseas", "nauseas", "2", 0.1, True),
        ("Cases of !", "!", "3", 0.1, False),
        ("Cases of nausea", "nausea", "9", 0.1, False),
    ],
)
def test_unsure_codes_need_their_name(
    sentence: str, words: str, ptid: str, score: float, counts: bool
) -> None:
    finder = EffectFinder(FixedScorer(words, ptid, score), NAMES, sure_code=0.9)
    assert [effect.ptid for effect in finder.find([sentence])[0]] == [ptid] * counts


def test_improbable_texts_are_read_too(finder: EffectFinder) -> None:
    (effects,) = finder.find(["Just got my pill and nausea"])
    assert [effect.pt_name for effect in effects] == ["Nausea"]
    assert finder.find([]) == []
