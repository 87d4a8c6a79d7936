"""`tweets.tsv` of the SMM4H shared tasks: an id, a tab, and the text, in which nothing is quoted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitor.feed.entries import Entry, Reject, too_long
from monitor.feed.lines import Line

HEADER: Final = b"tweet_id"


def read_smm4h(lines: Iterator[Line]) -> Iterator[Entry | Reject]:
    """Read `id TAB text`; the text is all that is left of the line. A first row of titles is passed over."""
    first = True
    for line in lines:
        if line.blank:
            continue
        tweet_id, tab, text = line.data.partition(b"\t")
        is_header = first and tweet_id.strip().lower() == HEADER
        first = False
        if is_header:
            continue
        if not line.whole:
            yield too_long(line)
        elif not tab:
            yield Reject(line.number, "wrong-columns", "the line has no tab between id and text", line.data)
        else:
            yield _entry(line, tweet_id, text)


def _entry(line: Line, tweet_id: bytes, text: bytes) -> Entry | Reject:
    try:
        return Entry(line.number, {"id": tweet_id.decode().strip(), "text": text.decode()}, line.data)
    except UnicodeDecodeError:
        return Reject(line.number, "not-utf8", "the line is not UTF-8", line.data)
