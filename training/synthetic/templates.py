"""Sentences with slots: `data/positives`, `data/negatives` and `data/asides`, a file for each section.

Rules and alternatives of `data/grammar.ini`: `<rule>` and `(a|b)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from training.errors import CorpusError
from training.synthetic.wordlists import data_folder, read_lines, read_wordlist, split_alternatives

EFFECT_FORMS = ("noun", "verb", "make", "adj", "ing", "clause", "does", "lay")
# What a tweet's scene fills: its medicines, what they are for, and the person it is about.
SCENE_SLOTS = ("drug", "other", "cond", "person", "they", "them", "their")
SLOT = re.compile(r"\{(-?)(\w+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots.

    Attributes:
        text: the sentence; `{noun}` is an effect that is marked, `{-noun}` one that is not, `<rule>` a rule
            of `data/grammar.ini`, `(a|b)` a choice.
        section: the file that it stands in.
        number: its line there.
    """

    text: str
    section: str
    number: int

    @property
    def document(self) -> str:
        """Name the template, its section first."""
        return f"{self.section}:{self.number}"


def read_templates(name: str) -> list[Template]:
    """Read the templates of a folder.

    Raises:
        CorpusError: a template has a slot that nothing fills; its file and line are named.
    """
    return list(
        checked(Template(line.text, line.file, line.number) for line in read_lines(data_folder(name)))
    )


def checked(templates: Iterable[Template]) -> Iterable[Template]:
    """Pass templates on, as long as their slots are known.

    Raises:
        CorpusError: one of them has another slot.
    """
    for template in templates:
        for _, name in SLOT.findall(template.text):
            if name not in EFFECT_FORMS and name not in SCENE_SLOTS:
                raise CorpusError(
                    f"{template.section}.txt, line {template.number}: the slot {{{name}}} is none of "
                    f"{', '.join((*SCENE_SLOTS, *EFFECT_FORMS))}"
                )
        yield template


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
