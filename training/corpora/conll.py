"""Reader of CoNLL files: one token and its tag per line, an empty line after each text.

The first column is the token and the last one its tag, with tabs or blanks between them. Tags are BIO, IOB1,
IOBES or BILOU (`B-ADR`, `I-ADR`, `O`, `S-ADR`, …), or types without a prefix. Lines that start with
`-DOCSTART-` start a document. Comments are `# id = …` and `# text = …`; the latter gives the original text.

Without one, the text is rebuilt from the tokens, with one blank between them, except where English has none:
in front of closing punctuation and of endings such as "n't", and behind an opening bracket, "#" and "@".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.effect_labels import is_effect, require_effects
from training.corpora.mentions import read_characters
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

_SUFFIXES: Final = (".conll", ".bio", ".iob", ".iob2", ".bioes", ".tsv", ".txt")
_COMMENT: Final = re.compile(r"#\s*([\w.]+)\s*=\s*(.*)")
_TAG: Final = re.compile(r"([BIESLU])[-_](.+)")
_JOINED_LEFT: Final = re.compile(r"[.,;:!?%)\]}’”…]+|n['’]t|['’](s|m|d|re|ve|ll)", re.IGNORECASE)
_JOINED_RIGHT: Final = frozenset("([{#@$“‘")
_STARTS: Final = "BSU"
_ENDS: Final = "ESLU"


@dataclass
class _Sentence:
    """The lines of one text."""

    line: int
    name: str | None = None
    text: str | None = None
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    fault: tuple[int, str] | None = None


def read_conll(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read a file, or a folder whose files are named after their splits; a text with an effect is positive.

    A text with a malformed line is dropped.

    Raises:
        CorpusError: there is no such file, no tag is an adverse effect, or the log is strict and a line is at
            fault.
    """
    splits: dict[str, list[Example]] = {}
    kinds: Counter[str] = Counter()
    for path in _find_files(source):
        examples = splits.setdefault(split_from_name(path.stem) or "all", [])
        document, count = "", 0
        for sentence in _read_sentences(path):
            if isinstance(sentence, str):
                document = sentence
                continue
            if sentence.fault is not None:
                log.drop("malformed row", path, *sentence.fault)
                continue
            count += 1
            name = sentence.name or f"{path.stem}:{count}"
            examples.append(_to_example(sentence, name, document, path, log, kinds, options))
    require_effects(source, [kind for kind, _ in kinds.most_common()], options.effect_labels)
    if not kinds:
        raise CorpusError(f"{source} has no tag but O: the last column must have the tags, such as B-ADR")
    for kind, number in kinds.items():
        if not is_effect(kind, options.effect_labels):
            log.count(f"spans tagged {kind}, left out", number)
    return splits


def tagged_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return the spans that tags describe, as first token, one past the last token, and type.

    A span ends where the type changes, where a tag starts another one, and after a tag that ends one. So all
    common schemes are read, even if they are mixed.
    """
    spans: list[tuple[int, int, str]] = []
    ended = True
    for index, tag in enumerate(tags):
        match = _TAG.fullmatch(tag)
        prefix, kind = (match[1], match[2]) if match else ("I", tag)
        if tag in ("O", "", "_", "-"):
            ended = True
            continue
        if not ended and prefix not in _STARTS and spans[-1][2] == kind:
            spans[-1] = (spans[-1][0], index + 1, kind)
        else:
            spans.append((index, index + 1, kind))
        ended = prefix in _ENDS
    return spans


def join_tokens(tokens: Sequence[str], text: str | None = None) -> tuple[str, list[tuple[int, int]]]:
    """Return a text and the place of each token in it, in characters.

    Args:
        tokens: in order.
        text: the original text, which is used if all tokens are found in it in order.
    """
    if text is not None:
        places, at = [], 0
        for token in tokens:
            start = text.find(token, at)
            if start < 0:
                break
            at = start + len(token)
            places.append((start, at))
        else:
            return text, places
    joined, places = "", []
    for token in tokens:
        if joined and joined[-1] not in _JOINED_RIGHT and not _JOINED_LEFT.fullmatch(token):
            joined += " "
        places.append((len(joined), len(joined) + len(token)))
        joined += token
    return joined, places


def _to_example(
    sentence: _Sentence,
    name: str,
    document: str,
    path: Path,
    log: ReadingLog,
    kinds: Counter[str],
    options: CorpusOptions,
) -> Example:
    text, places = join_tokens(sentence.tokens, sentence.text)
    if sentence.text is not None and text != sentence.text:
        log.note("text that its tokens do not match, rebuilt", path, sentence.line, repr(sentence.text[:60]))
    spans = []
    for first, last, kind in tagged_spans(sentence.tags):
        kinds[kind] += 1
        if is_effect(kind, options.effect_labels):
            spans.append(AnnotatedSpan(places[first][0], places[last - 1][1]))
    log.count("texts")
    log.count("spans", len(spans))
    return Example(name, text, int(bool(spans)), tuple(spans), document)


def _read_sentences(path: Path) -> Iterator[_Sentence | str]:
    """Yield the texts of a file; where a document starts, its name instead."""
    sentence = _Sentence(1)
    documents = 0
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", read_characters(path).removeprefix("\ufeff")), 1):
        line = raw.rstrip()
        is_start = line.startswith("-DOCSTART-")
        if line and not is_start:
            _add_line(sentence, line, number)
            continue
        if sentence.tokens or sentence.fault:
            yield sentence
        sentence = _Sentence(number + 1)
        if is_start:
            documents += 1
            yield f"{path.stem}:{documents}"
    if sentence.tokens or sentence.fault:
        yield sentence


def _add_line(sentence: _Sentence, line: str, number: int) -> None:
    comment = _COMMENT.fullmatch(line)
    if comment and "\t" not in line:
        key, value = comment[1].lower(), comment[2].strip()
        if key in ("id", "sent_id", "tweet_id"):
            sentence.name = value
        elif key == "text":
            sentence.text = value
        return
    cells = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
    if len(cells) < 2 or not cells[0] or " " in cells[-1]:
        sentence.fault = sentence.fault or (number, f"not a token and its tag: {line[:60]!r}")
        return
    if not sentence.tokens:
        sentence.line = number
    sentence.tokens.append(cells[0])
    sentence.tags.append(cells[-1])


def _find_files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    paths = [
        path for path in sorted(source.rglob("*")) if path.suffix.lower() in _SUFFIXES and path.is_file()
    ]
    named = [path for path in paths if split_from_name(path.stem)]
    if not paths:
        raise CorpusError(f"{source} has no file such as train.conll or train.txt: name the file itself")
    return named or paths
