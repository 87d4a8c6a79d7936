"""Tables of the SMM4H shared tasks: fields separated by tabs, no quoting, with or without a header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError

NOTHING = {"", "-", "nan", "none", "null", "-1"}
"""What fields without a value say, in lower case."""

_CODE = re.compile(r"\d+")
# The names of the columns over the years.
_COLUMNS = {
    "tweet_id": "tweet_id",
    "tweetid": "tweet_id",
    "id": "tweet_id",
    "tweet": "text",
    "text": "text",
    "tweet_text": "text",
    "class": "label",
    "label": "label",
    "type": "type",
    "ade_type": "type",
    "begin": "start",
    "start": "start",
    "end": "end",
    "extraction": "span",
    "span": "span",
    "meddra_code": "code",
    "meddra_id": "code",
    "llt_code": "code",
    "pt_code": "code",
    "ptid": "code",
    "pt_id": "code",
    "code": "code",
}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table.

    Attributes:
        line: counted from 1.
        values: by column: tweet_id, text, label, type, start, end, span, code, or another name.
    """

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TweetTable:
    """A file whose columns are known.

    Attributes:
        path: the file.
        columns: in order.
    """

    path: Path
    columns: tuple[str, ...]

    def rows(self, log: ReadingLog) -> Iterator[TableRow]:
        """Yield the rows; header rows are skipped, wherever they are.

        The text of a tweet is what the other columns leave of its line, tabs included. Columns that are
        missing at the end of a row are empty.
        """
        width = len(self.columns)
        for number, content in _read_lines(self.path, log):
            if _is_header(content):
                continue
            cells = content.split("\t")
            surplus = len(cells) - width
            if surplus > 0:
                if "text" not in self.columns:
                    log.drop("number of fields", self.path, number, f"{len(cells)} instead of {width}")
                    continue
                at = self.columns.index("text")
                cells[at : at + surplus + 1] = ["\t".join(cells[at : at + surplus + 1])]
            cells += [""] * -surplus
            yield TableRow(number, dict(zip(self.columns, cells, strict=True)))


def open_table(path: Path, unnamed: Sequence[str] | None, log: ReadingLog) -> TweetTable | None:
    """Determine the columns of a file by its header.

    Args:
        path: the file.
        unnamed: the columns if there is no header; None if they are unknown.
        log: records a file of unknown columns.

    Returns:
        The table, or None if its columns are unknown.

    Raises:
        CorpusError: the file cannot be read, or the log is strict and the columns are unknown.
    """
    first = next(_read_lines(path, ReadingLog()), (1, ""))[1]
    if _is_header(first):
        names = [name.strip().lower() for name in first.split("\t")]
        return TweetTable(path, tuple(_COLUMNS.get(name, name) for name in names))
    if unnamed is not None:
        return TweetTable(path, tuple(unnamed))
    actual = f"but {first[:60]!r}" if first else "since the file is empty"
    log.drop("unknown columns", path, 1, f"no header that starts with tweet_id, {actual}")
    return None


def parse_code(value: str, path: Path, line: int, log: ReadingLog) -> str | None:
    """Return the code in a field; None if it has none, or one that cannot be read.

    Raises:
        CorpusError: the log is strict, and the code cannot be read.
    """
    value = value.strip().removesuffix(".0")
    if value.lower() in NOTHING or value.lower().replace("_", "").startswith("conceptless"):
        return None
    codes: list[str] = _CODE.findall(value)
    if not codes:
        log.drop("malformed code", path, line, f"{value!r} is not a MedDRA code; the span stays without")
        return None
    if len(codes) > 1:
        log.note("several codes for one span, the first kept", path, line, value)
    return codes[0]


def _is_header(content: str) -> bool:
    return content.split("\t", 1)[0].strip().lower() in ("tweet_id", "tweetid", "id") or content.startswith(
        "tweet_id"
    )


def _read_lines(path: Path, log: ReadingLog) -> Iterator[tuple[int, str]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the corpus folder") from None
    # Only line feeds end a line: a tweet may contain other characters that Python takes for line ends.
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            content = line.decode()
        except UnicodeDecodeError:
            content = line.decode(errors="replace")
            log.note("bytes that are not UTF-8, shown as U+FFFD", path, number, repr(content[:60]))
        content = content.removesuffix("\r")
        if content.strip():
            yield number, content
