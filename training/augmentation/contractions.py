"""Short and long forms that mean the same: "don't" and "do not"."""

from __future__ import annotations

import re
from typing import Final

from training.augmentation.words import in_case_of
from training.synthetic.wordlists import read_wordlist

_LISTS = read_wordlist("words", __package__)
_LONG_FORMS: Final = {short: longs[0] for short, longs in _LISTS["contractions"].items()}
_SHORT_FORMS: Final = {long: short for short, long in _LONG_FORMS.items()} | {
    long: shorts[0] for long, shorts in _LISTS["short forms"].items()
}

CONTRACTION: Final = re.compile(
    r"(?<![\w'’-])(?:"
    + "|".join(re.escape(form).replace("'", "['’]") for form in (*_LONG_FORMS, *_SHORT_FORMS))
    + r")(?![\w'’-])",
    re.IGNORECASE,
)


def other_form(form: str) -> str:
    """Give the long form of a short one, or the short form of a long one."""
    plain = form.lower().replace("’", "'")
    return in_case_of(form, _LONG_FORMS.get(plain) or _SHORT_FORMS[plain])
