"""Tweets written by this project: a grammar, word lists, noise, and a generator with sure offsets."""

from training.tweets.generator import GeneratedTweets, generate_tweets
from training.tweets.lexicon import Lexicon, read_lexicon

__all__ = ["GeneratedTweets", "Lexicon", "generate_tweets", "read_lexicon"]
