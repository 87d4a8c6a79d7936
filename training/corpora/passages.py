"""Cutting posts, labels and reports into texts of the size of a tweet, with the annotations carried along."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.corpora.mentions import Mention
from training.corpora.reading_log import ReadingLog
from training.examples import AnnotatedSpan, Example

# A document no longer than a tweet (280 characters) is one text, however many sentences it has.
_TWEET = 280
# Sentences are joined for the sake of a span that crosses the cut, unless the span is no phrase at all.
_LONGEST_SPAN = 300

_END = re.compile(r"([.!?]+)[\"'”’)\]]*\s+(?=(\S))")
_LAST_WORD = re.compile(r"[^\W\d_](?:[\w.]*\w)?$")
_ABBREVIATIONS = frozenset(
    (
        "al",
        "approx",
        "ca",
        "cf",
        "dr",
        "e.g",
        "eg",
        "fig",
        "i.e",
        "jr",
        "mr",
        "mrs",
        "ms",
        "resp",
        "sr",
        "st",
        "vs",
    )
)
# One blank for each, so that offsets stay.
_BLANKS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", " "))


def passages(text: str) -> list[tuple[int, int]]:
    """Cut a document at its line ends and sentence ends.

    Returns:
        (start, end) of each passage in characters, in order, without white space at its ends; a document of
        at most 280 characters is one passage. Passages without a letter or digit are left out.
    """
    if len(text.strip()) <= _TWEET:
        return _trimmed(text, [(0, len(text))])
    pieces = []
    for line in re.finditer(r"[^\r\n]+", text):
        start = line.start()
        for end in _sentence_ends(text, line.start(), line.end()):
            pieces.append((start, end))
            start = end
        pieces.append((start, line.end()))
    return _trimmed(text, pieces)


def cut_document(
    name: str, text: str, mentions: Sequence[Mention], path: Path, log: ReadingLog
) -> list[Example]:
    """Make an example of each passage, positive where a mention lies in it.

    A discontinuous mention becomes the smallest range that covers its parts. Where a mention crosses a cut,
    the passages are joined. A mention that is not where it says is dropped, and so are the passages that it
    claims, since nobody knows any longer whether they report an effect; a document of one passage does.

    Args:
        name: of the document; passages are called `name:number`, counted from 0.
        text: the document.
        mentions: its adverse effects.
        path: the file that the mentions come from, for the log.
        log: takes down what was counted and dropped.

    Raises:
        CorpusError: a mention is at fault and the log is strict.
    """
    placed: list[tuple[int, int, Mention]] = []
    lost: list[tuple[int, int]] = []
    for mention in mentions:
        fault = mention.fault_in(text)
        if fault is not None:
            log.drop("offset mismatch", path, mention.line, fault)
            lost.extend(mention.parts)
            continue
        start, end = _without_blanks(text, mention.start, mention.end)
        if end - start > _LONGEST_SPAN:
            log.drop("span too long", path, mention.line, f"{end - start} characters, no phrase of a text")
            lost.extend(mention.parts)
            continue
        if mention.is_discontinuous_in(text):
            log.note(
                "discontinuous span, covered by one range", path, mention.line, repr(text[start:end][:60])
            )
        placed.append((start, end, mention))
    whole = set(passages(text))
    pieces = _joined([*whole, *((start, end) for start, end, _ in placed)])
    examples = []
    for number, (first, last) in enumerate(pieces):
        if len(pieces) > 1 and any(start < last and end > first for start, end in lost):
            log.drop("text of a lost span", path, None, f"{name}: {text[first : first + 60]!r}")
            continue
        spans = {
            AnnotatedSpan(start - first, end - first, mention.ptid, mention.pt_name, mention.llt): None
            for start, end, mention in placed
            if first <= start and end <= last
        }
        if (first, last) not in whole:
            log.note("texts joined, for a span crosses the cut", path, None, repr(text[first:last][:60]))
        log.read("spans", len(spans))
        is_positive = bool(spans) or (len(pieces) == 1 and bool(lost))
        ordered = sorted(spans, key=lambda span: (span.start, span.end))
        examples.append(
            Example(f"{name}:{number}", flat(text[first:last]), int(is_positive), tuple(ordered), name)
        )
    return examples


def flat(text: str) -> str:
    """Write line ends and tabs as blanks, one for one, so that a text fits on a line of a file."""
    return text.translate(_BLANKS)


def _sentence_ends(text: str, start: int, end: int) -> Iterable[int]:
    for match in _END.finditer(text, start, end):
        marks, following = match.group(1), match.group(2)
        if marks == ".":
            word = _LAST_WORD.search(text, max(start, match.start() - 12), match.start())
            if word and (len(word.group()) == 1 or word.group().lower() in _ABBREVIATIONS):
                continue
        # "then... nothing" goes on.
        if len(marks) > 1 and set(marks) == {"."} and following.islower():
            continue
        yield match.end()


def _trimmed(text: str, pieces: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    trimmed = (_without_blanks(text, start, end) for start, end in pieces)
    return [(start, end) for start, end in trimmed if any(c.isalnum() for c in text[start:end])]


def _without_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _joined(pieces: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what overlaps, so that no span is cut."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result
