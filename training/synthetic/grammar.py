"""Rules and alternatives of `data/grammar.ini`: `<rule>` and `(a|b)`."""

from __future__ import annotations

import re
from random import Random

from training.synthetic.wordlists import read_wordlist, split_alternatives

_RULE = re.compile(r"<(\w+)>")
_CHOICE = re.compile(r"\(([^()]*)\)")


def expand(text: str, rng: Random) -> str:
    """Replace rules `<name>` and alternatives `(a|b)`, until none is left.

    Raises:
        KeyError: there is no such rule.
    """
    rules = read_wordlist("grammar")["rules"]
    while True:
        if rule := _RULE.search(text):
            text = text[: rule.start()] + rng.choice(rules[rule[1]]) + text[rule.end() :]
        elif choice := _CHOICE.search(text):
            text = text[: choice.start()] + rng.choice(split_alternatives(choice[1])) + text[choice.end() :]
        else:
            return text
