"""Cutting posts, labels and reports into texts of the size of a tweet, with their annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.corpora.mentions import AnnotatedMention
from training.corpora.reading_log import ReadingLog
from training.examples import AnnotatedSpan, Example

# A document no longer than a tweet (280 characters) is one text, however many sentences it has.
_TWEET = 280
# Passages are joined if a span crosses the cut, unless the span is too long to be a phrase.
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


def split_passages(text: str) -> list[tuple[int, int]]:
    """Split a document at its line ends and sentence ends.

    Returns:
        (start, end) of each passage in characters, in order, without white space at its ends. A document of
        at most 280 characters is one passage. Passages without a letter or digit are left out.
    """
    if len(text.strip()) <= _TWEET:
        return _trim(text, [(0, len(text))])
    pieces = []
    for line in re.finditer(r"[^\r\n]+", text):
        start = line.start()
        for end in _sentence_ends(text, line.start(), line.end()):
            pieces.append((start, end))
            start = end
        pieces.append((start, line.end()))
    return _trim(text, pieces)


def cut_document(
    name: str,
    text: str,
    mentions: Sequence[AnnotatedMention],
    path: Path,
    log: ReadingLog,
    *,
    whole: bool = False,
) -> list[Example]:
    """Return an example for each passage, positive if a mention lies in it.

    A discontinuous mention becomes the smallest range that covers its parts. If a mention crosses a cut, the
    passages are joined. A mention that is not at its place is dropped, with the passages that it overlaps,
    because it is unknown whether they report an effect. If the document is a single passage, it stays and is
    positive.

    Args:
        name: of the document; passages get the ids `name:number`, counted from 0.
        text: the document.
        mentions: its adverse effects.
        path: the file that the mentions come from, for the log.
        log: records what was counted and dropped.
        whole: keep the document as one text, whatever its length.

    Raises:
        CorpusError: a mention is at fault and the log is strict.
    """
    placed: list[tuple[int, int, AnnotatedMention]] = []
    lost: list[tuple[int, int]] = []
    for mention in mentions:
        fault = mention.fault_in(text)
        if fault is not None:
            log.drop("offset mismatch", path, mention.line, fault)
            lost.extend(mention.parts)
            continue
        start, end = _strip(text, mention.start, mention.end)
        if end - start > _LONGEST_SPAN:
            detail = f"{end - start} characters, too long for a phrase"
            log.drop("span too long", path, mention.line, detail)
            lost.extend(mention.parts)
            continue
        if mention.is_discontinuous_in(text):
            covered = repr(text[start:end][:60])
            log.note("discontinuous span, covered by one range", path, mention.line, covered)
        placed.append((start, end, mention))
    passages = set(_trim(text, [(0, len(text))]) if whole else split_passages(text))
    pieces = _join_overlapping([*passages, *((start, end) for start, end, _ in placed)])
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
        if (first, last) not in passages:
            log.note("texts joined, for a span crosses the cut", path, None, repr(text[first:last][:60]))
        log.count("spans", len(spans))
        is_positive = bool(spans) or (len(pieces) == 1 and bool(lost))
        ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
        passage = single_line(text[first:last])
        examples.append(Example(f"{name}:{number}", passage, int(is_positive), ordered, name))
    return examples


def single_line(text: str) -> str:
    """Write line ends and tabs as blanks, one for one, so that a text fits on one line of a file."""
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


def _trim(text: str, pieces: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    stripped = (_strip(text, start, end) for start, end in pieces)
    return [(start, end) for start, end in stripped if any(c.isalnum() for c in text[start:end])]


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _join_overlapping(pieces: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that overlap, so that no span is cut."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result
