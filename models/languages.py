"""Language tags: which language a tag names, whatever its region, script or age.

Platforms write them in many ways: `en-GB`, `en_US`, `eng`, `in` (which is Indonesian today). Some are not
languages at all: X has `und`, `qme` (only media) or `qht` (only hashtags).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

EVERY_LANGUAGE: Final = "*"
"""Stands for all languages, in settings and options."""

_LANGUAGE: Final = re.compile(r"(?!und|zxx|mis|mul|art|q[a-t][a-z])[a-z]{2,3}")
"""A code of ISO 639, except those for unknown, no, several, or constructed languages, or private use."""

_SAME_LANGUAGE: Final = {"nb": "no", "nn": "no", "ary": "ar", "arz": "ar", "wuu": "zh", "yue": "zh"}
"""Written forms that platforms do not distinguish: of Norwegian, Arabic and Chinese."""


@lru_cache(maxsize=4096)
def primary_language(tag: str | None) -> str | None:
    """Return the language that a tag names, as its shortest code in ISO 639, or None if it names none.

    `en-GB`, `en_US` and `eng` are `en`; `in` is `id`, and `iw` is `he`. Names such as `English` are not tags.
    """
    if not tag:
        return None
    import langcodes  # when it is first needed, so that commands without languages start sooner

    try:
        language = langcodes.Language.get(langcodes.standardize_tag(tag, macro=True)).language
    except ValueError:  # among them LanguageTagError
        return None
    if language is None or not _LANGUAGE.fullmatch(language):
        return None
    return _SAME_LANGUAGE.get(language, language)


def parse_languages(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the languages of a list that a person wrote, without repeats, in alphabetical order.

    An empty list, and one with `*`, means every language, and becomes an empty tuple.

    Raises:
        ValueError: one of them is not a language tag; the message says which, and what to write.
    """
    languages = set()
    every = False
    for tag in tags:
        if tag.strip() == EVERY_LANGUAGE:
            every = True
        elif language := primary_language(tag.strip()):
            languages.add(language)
        else:
            raise ValueError(f"{tag!r} is not a language tag: write en, es or pt-BR, or * for every language")
    return () if every else tuple(sorted(languages))
