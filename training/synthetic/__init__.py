"""Generated tweets: word lists, templates and whole written tweets, a grammar, noise, and the generator.

medicines         names of medicines, their kinds, and what they are for
templates         sentences with slots, and the rules and choices in them
pieces            text that knows which parts are effects
written_tweets    whole tweets with marked effects; the blind tweets
lexicon           everything that one side of the split has
template_filling  a template with its slots filled
sentences         the content of a tweet
framing           sentences, hashtags, emoji and links around it
spelling, lettering, noise   what people and programs do to it
generator         all of it together
"""

from training.synthetic.generator import GeneratedTweets, generate_tweets
from training.synthetic.lexicon import Lexicon, read_lexicons
from training.synthetic.written_tweets import evaluation_posts

__all__ = ["GeneratedTweets", "Lexicon", "evaluation_posts", "generate_tweets", "read_lexicons"]
