"""Answers of a language model, checked: a label, and quotes as spans of the post."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, Final

from training.corpora import find_phrase
from training.examples import AnnotatedSpan

_DECODER: Final = json.JSONDecoder()
_END_OF_THOUGHT: Final = "</think>"
_MOST_BRACES: Final = 100  # that are tried as the start of the answer; nonsense may have many thousands
# Models straighten quotation marks and dashes; each is replaced by one character, so offsets stay.
_STRAIGHT: Final = str.maketrans("’‘ʼ´`“”„«»–—‐‑−", "'''''\"\"\"\"\"-----")
_AROUND: Final = " \t\r\n\"'.,;:!?…"
_SHOWN: Final = 60  # characters of a value in a message


class UnusableAnswerError(Exception):
    """An answer that cannot be used; the message completes "this answer cannot be used:"."""


@dataclass(frozen=True)
class PostLabels:
    """The labels of a post.

    Attributes:
        label: 1 if it reports an adverse effect, else 0.
        spans: its effects in the order of the text; those whose term is known are coded.
        unknown_terms: number of terms that are not names of PTs or LLTs.
    """

    label: int
    spans: tuple[AnnotatedSpan, ...]
    unknown_terms: int = 0


@dataclass(frozen=True)
class TermNames:
    """The names that terms are looked up by.

    Attributes:
        codes: PT code by name of a PT or LLT, in lower case.
        pt_names: name of each PT by its code.
    """

    codes: Mapping[str, str]
    pt_names: Mapping[str, str]


def read_answer(content: str, text: str, terms: TermNames | None = None) -> PostLabels:
    """Read an answer, and find its quotes in the post.

    Args:
        content: JSON, maybe with other text around it.
        text: of the post.
        terms: to look up the terms; without it they are ignored.

    Raises:
        UnusableAnswerError: the answer is not in the form that was asked for, contradicts itself, or
            quotes what is not in the post.
    """
    document = _find_document(content)
    label, effects = document.get("adverse_effect"), document.get("effects")
    if not isinstance(label, bool):
        raise UnusableAnswerError(f"adverse_effect is {_shown(label)}, not true or false")
    if not isinstance(effects, list):
        raise UnusableAnswerError(f"effects is {_shown(effects)}, not a list")
    if label != bool(effects):
        fault = "adverse_effect is true, but effects is empty: quote the words that name the effect"
        raise UnusableAnswerError(fault if label else "adverse_effect is false, but effects is not empty")
    spans: set[AnnotatedSpan] = set()
    unknown = 0
    for effect in effects:
        if not isinstance(effect, dict):
            raise UnusableAnswerError(f"an effect is {_shown(effect)}, not an object")
        start, end = place_quote(text, effect.get("quote"), effect.get("occurrence"))
        ptid, is_unknown = _code(effect.get("term"), terms)
        unknown += is_unknown
        spans.add(AnnotatedSpan(start, end, ptid, terms.pt_names.get(ptid) if terms and ptid else None))
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    for first, second in pairwise(ordered):
        if second.start < first.end:
            quotes = (text[span.start : span.end] for span in (first, second))
            raise UnusableAnswerError(f"the quotes {' and '.join(map(_shown, quotes))} overlap")
    return PostLabels(int(label), tuple(ordered), unknown)


def place_quote(text: str, quote: Any, occurrence: Any = None) -> tuple[int, int]:
    """Find quoted words in a text.

    Case, white space, and the form of quotation marks and dashes may differ, and punctuation around the
    words. If the words occur several times, the place that has them letter by letter counts.

    Args:
        text: of the post.
        quote: the words.
        occurrence: which occurrence is meant, counted from 1; None if there is just one.

    Returns:
        (start, end) in characters of the text.

    Raises:
        UnusableAnswerError: the words are not there, or at several places and `occurrence` is not one
            of them.
    """
    if not isinstance(quote, str) or not quote.strip():
        raise UnusableAnswerError(f"a quote is {_shown(quote)}, not words of the post")
    if occurrence is not None and (type(occurrence) is not int or occurrence < 1):
        raise UnusableAnswerError(f"an occurrence is {_shown(occurrence)}, not null or a number from 1")
    straight = text.translate(_STRAIGHT)
    words = quote.translate(_STRAIGHT)
    places: list[tuple[int, int]] = []
    if len(words.split()) <= len(straight.split()):  # a model may quote without end
        places = find_phrase(words, straight) or find_phrase(words.strip(_AROUND), straight)
    if not places:
        raise UnusableAnswerError(f"the words {_shown(quote)} are not in the post: quote them exactly")
    if len(places) == 1:
        return places[0]
    if occurrence is None:
        exact = [(start, end) for start, end in places if text[start:end] == quote]
        if len(exact) == 1:
            return exact[0]
        raise UnusableAnswerError(
            f"the words {_shown(quote)} occur {len(places)} times: state which occurrence"
        )
    if occurrence > len(places):
        raise UnusableAnswerError(
            f"the words {_shown(quote)} occur {len(places)} times, not {occurrence} times"
        )
    return places[occurrence - 1]


def _find_document(content: str) -> dict[str, Any]:
    """Return the first JSON object with a label in a text.

    Raises:
        UnusableAnswerError: there is none.
    """
    content = content.rpartition(_END_OF_THOUGHT)[2]
    for match in islice(re.finditer(r"\{", content), _MOST_BRACES):
        try:
            document, _ = _DECODER.raw_decode(content, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict) and "adverse_effect" in document:
            return document
    raise UnusableAnswerError('it has no JSON object with "adverse_effect" and "effects"')


def _code(term: Any, terms: TermNames | None) -> tuple[str | None, bool]:
    """Return the PT code of a term, and whether it is a term without a code."""
    if terms is None or term is None or term == "":
        return None, False
    ptid = terms.codes.get(" ".join(term.split()).lower()) if isinstance(term, str) else None
    return ptid, ptid is None


def _shown(value: Any) -> str:
    # JSON can name half of a surrogate pair, but no request and no file can hold it.
    shown = json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace").decode()
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
