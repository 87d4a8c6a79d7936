"""Templates: sentences with slots.

`data/positives`, `data/negatives` and `data/asides` have one file per section. A template may also have rules
of `data/grammar.ini`, `<rule>`, and alternatives, `(a|b)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from training.errors import CorpusError
from training.wordlists import data_folder, read_numbered_lines, read_wordlist, split_alternatives

EFFECT_FORMS = ("noun", "verb", "make", "adj", "ing", "clause", "does", "lay")
# Slots that the scene of a tweet fills: its medicines, what they are for, and the person that it is about.
SCENE_SLOTS = ("drug", "other", "cond", "person", "they", "them", "their")
SLOT = re.compile(r"\{(-?)(\w+)\}")
_RULE = re.compile(r"<(\w+)>")
_CHOICE = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots.

    Attributes:
        text: the sentence; `{noun}` is an effect that is marked, `{-noun}` one that is not, `<rule>` a rule
            of `data/grammar.ini`, `(a|b)` a choice.
        section: name of its file.
        number: its line there.
    """

    text: str
    section: str
    number: int

    @property
    def document(self) -> str:
        """The name of the template, which starts with its section."""
        return f"{self.section}:{self.number}"


def read_templates(folder: str) -> list[Template]:
    """Read the templates of a folder of `data`.

    Raises:
        CorpusError: a template has an unknown slot; the message names its file and line.
    """
    lines = read_numbered_lines(data_folder(__package__, folder))
    templates = [Template(line.text, line.file, line.number) for line in lines]
    check_slots(templates)
    return templates


def check_slots(templates: Iterable[Template]) -> None:
    """Check that the slots of all templates are known.

    Raises:
        CorpusError: a template has an unknown slot.
    """
    for template in templates:
        for _, name in SLOT.findall(template.text):
            if name not in EFFECT_FORMS and name not in SCENE_SLOTS:
                raise CorpusError(
                    f"{template.section}.txt, line {template.number}: the slot {{{name}}} is none of "
                    f"{', '.join((*SCENE_SLOTS, *EFFECT_FORMS))}"
                )


def expand_rules(text: str, rng: Random) -> str:
    """Replace rules `<name>` and alternatives `(a|b)` until none is left.

    Raises:
        KeyError: there is no such rule.
    """
    rules = read_wordlist(__package__, "grammar")["rules"]
    while True:
        if rule := _RULE.search(text):
            text = text[: rule.start()] + rng.choice(rules[rule[1]]) + text[rule.end() :]
        elif choice := _CHOICE.search(text):
            text = text[: choice.start()] + rng.choice(split_alternatives(choice[1])) + text[choice.end() :]
        else:
            return text
