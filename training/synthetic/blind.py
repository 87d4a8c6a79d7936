"""Tweets to judge by, of somebody who has seen neither the templates nor the tweets that are trained on."""

from __future__ import annotations

from models.terminology import Terminology
from training.examples import Example
from training.synthetic.pieces import join
from training.synthetic.wordlists import data_folder
from training.synthetic.written import read_written


def blind_tweets(terminology: Terminology) -> list[Example]:
    """Read `data/blind`, as it was written, without noise; its format is that of `data/written`.

    About a quarter of them report an adverse effect, which is more than in life; the others are as a search
    for names of medicines would bring them.

    Raises:
        CorpusError: a tweet's markup is wrong; its file and line are named.
    """
    examples = []
    for tweet in read_written(terminology, data_folder("blind")):
        text, spans = join(tweet.pieces)
        name = tweet.document.removeprefix("written:")
        examples.append(Example(f"blind:{name}", text, tweet.label, spans))
    return examples
