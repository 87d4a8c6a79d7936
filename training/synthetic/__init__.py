"""Tweets by this project: a grammar, word lists, whole written tweets, noise, and the generator.

wordlists     the lists in `data`
phrases       lay phrases for effects            medicines    names, kinds, what they are for
templates     sentences with slots               written      whole tweets with their marks
sides         which side of the split each of these is on
lexicon       all that one side has
grammar       rules and choices                  filling      a template with its slots filled
sections      how often each kind of sentence is drawn, and what fits it
sentences     what a tweet says                  framing      what stands around it
spelling, lettering, debris, noise               what people and programs do to it
pieces        text that knows its effects        generator    the whole
blind         tweets to judge by, written apart
"""

from training.synthetic.generator import GeneratedTweets, generate_tweets, section_of
from training.synthetic.lexicon import Lexicon, read_lexicon
from training.synthetic.written_tweets import blind_tweets

__all__ = ["GeneratedTweets", "Lexicon", "blind_tweets", "generate_tweets", "read_lexicon", "section_of"]
