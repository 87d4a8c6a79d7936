"""Files that people feed: every format, every way of packing, tables, workbooks, files of deletions."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from datetime import UTC, datetime
from typing import Any, Final

import openpyxl
import pyarrow
import pyarrow.feather
import pyarrow.parquet

from monitor.compliance import read_event_file
from monitor.errors import MonitorError
from monitor.feed import (
    AUTO,
    FeedError,
    FeedItem,
    Input,
    ReadOptions,
    detect_format,
    format_names,
    message_of,
    open_sources,
    read_feed_items,
)
from monitor.feed.tables.table_formats import TABLE_FORMATS
from tests.fuzz.containers import PACKERS, joined, scratch_file, tarred, zipped
from tests.fuzz.fuzz_target import FuzzTarget
from tests.fuzz.message_targets import DOCUMENTS

EXTENSIONS: Final = ("jsonl", "json", "csv", "tsv", "txt", "js", "xlsx", "parquet", "x")
FORMS: Final = [*format_names(), *[AUTO] * len(format_names())]


def feed_file(data: bytes, name: str, form: str = AUTO) -> None:
    """Read a file as `feed` does, up to the messages that it would send.

    Raises:
        FeedError: the first error of a source.
    """
    problem: MonitorError | None = None
    notes: list[str] = []
    for source in open_sources(Input(scratch_file(data, name)), notes.append):
        if isinstance(source, FeedError):
            problem = source
            continue
        try:
            if source.is_empty:
                continue
            options = ReadOptions(notify=notes.append)
            for item in read_feed_items(source, detect_format(source, form), options, form):
                if isinstance(item, FeedItem):
                    message = message_of(item.content)
                    message.key.decode()
                    json.loads(message.value)
        except FeedError as error:
            problem = error
    if problem:
        raise problem


def feed_any(data: bytes) -> None:
    number = zlib.crc32(data)
    feed_file(data, f"posts.{EXTENSIONS[number % len(EXTENSIONS)]}", FORMS[number // 16 % len(FORMS)])


def read_deletions(data: bytes) -> None:
    for authors in (False, True):
        for event, _ in read_event_file(scratch_file(data, "ids.txt"), [].append, authors=authors):
            str(event.post_id or event.author_id).encode()


ROWS: Final = [
    ["Tweet Id", "Full Text", "Date", "Author", "Language", "Url"],
    ["1212092628029698048", 'so "sick", again', "2026-03-14 09:26", "ann", "en", "https://x.com/a/status/1"],
    ["12", "dizzy; =1+1", "14/03/2026", "bob", "", ""],
]


def delimited(delimiter: str) -> bytes:
    quoted = [
        delimiter.join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in row) for row in ROWS
    ]
    return "\n".join(quoted).encode()


TABLES: Final = [
    *(delimited(delimiter) for delimiter in (",", ";", "\t", "|")),
    b"tweet_id\ttext\tlabel\n1\tdizzy\tADE\n2\tfine\tNoADE\n",
    b"id,created_utc,title,selftext,subreddit\nabc1,1700000000,Zoloft,dizzy,meds\n",
    "﻿id;text\r\n1;„übel“ 😭\r\n".encode(),
    "id,text\n1,dizzy\n".encode("utf-16"),
]


def parquet(kind: str) -> bytes:
    columns: dict[str, list[Any]] = {
        "id": [1212092628029698048, 2],
        "text": ["so sick", "dizzy"],
        "author": [{"id": 5, "name": "ann"}, None],
        "created_at": [datetime(2026, 3, 14, tzinfo=UTC), None],
    }
    table, file = pyarrow.table(columns), io.BytesIO()
    if kind == "parquet":
        pyarrow.parquet.write_table(table, file)
    elif kind == "stream":
        with pyarrow.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    else:
        pyarrow.feather.write_feather(table, file, compression="uncompressed")
    return file.getvalue()


def workbook_parts() -> bytes:
    """Return the files inside a workbook as one input."""
    book = openpyxl.Workbook()
    for row in [*ROWS, [3, "a number", datetime(2026, 3, 14), 1.5, True, None]]:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return parts_of(file.getvalue())


def parts_of(archive_file: bytes) -> bytes:
    """Return the members of a zip file as one input."""
    with zipfile.ZipFile(io.BytesIO(archive_file)) as archive:
        return joined({name: archive.read(name) for name in archive.namelist()})


def whole_files() -> list[bytes]:
    """Return files of platforms that are one JSON document, and lines of them."""
    posts = [{"id": str(n), "text": f"dizzy {n}", "created_at": "2026-03-14T09:00:00Z"} for n in range(4)]
    return [
        b"\n".join(DOCUMENTS[:6]),
        *DOCUMENTS[::4],
        json.dumps(posts).encode(),
        json.dumps({"data": posts, "meta": {"result_count": 4}}, indent=1).encode(),
        b"window.YTD.tweets.part0 = "
        + json.dumps([{"tweet": {"id_str": "1", "full_text": "dizzy", "created_at": "x"}}]).encode(),
        b"\xef\xbb\xbf" + json.dumps(posts).encode(),
        json.dumps(posts).encode("utf-16"),
    ]


def feed_table(data: bytes) -> None:
    names = [AUTO, *(form.name for form in TABLE_FORMATS)]
    feed_file(data, "posts.csv", names[zlib.crc32(data) % len(names)])


ARCHIVE: Final = joined(
    {
        "data/tweets.js": b'window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "dizzy"}}]',
        "data/account.js": b'window.YTD.account.part0 = [{"account": {"accountId": "5"}}]',
        "a/posts2.jsonl": DOCUMENTS[0],
        "a/posts10.csv": TABLES[0],
        "inner.zip": zipped(DOCUMENTS[1]),
        "readme.md": b"about",
    }
)

FILE_TARGETS: Final = [
    FuzzTarget("feed-json", feed_any, whole_files(), wrappers=PACKERS),
    FuzzTarget("feed-table", feed_table, TABLES, [b",", b"\t", b'"', b"1.21209E+18", b"03/04/2026"]),
    FuzzTarget(
        "feed-archive",
        lambda data: feed_file(data, "posts.zip"),
        [ARCHIVE, joined({"part2.json": DOCUMENTS[0], "part10.json.gz": PACKERS[0](DOCUMENTS[1])})],
        [b"\n#@ data/tweets-part1.js\n", b"\n#@ x/../y.jsonl\n", b"\n#@ " + b"7" * 5_000 + b".csv\n"],
        wrappers=[zipped, tarred],
        always_wrapped=True,
    ),
    FuzzTarget("feed-packed", feed_any, [pack(ARCHIVE) for pack in PACKERS] + [zipped(tarred(ARCHIVE))]),
    FuzzTarget(
        "feed-workbook",
        lambda data: feed_file(data, "posts.xlsx"),
        [workbook_parts()],
        [b"<c r='ZZZ9999999'><v>1</v></c>", b"<row>", b"</sheetData>", b"&lol;"],
        wrappers=[zipped],
        always_wrapped=True,
    ),
    FuzzTarget(
        "feed-columns",
        lambda data: feed_file(data, "posts.parquet"),
        [parquet(kind) for kind in ("parquet", "stream", "feather")],
    ),
    FuzzTarget(
        "event-file",
        read_deletions,
        [b"# ids\n1212\n\n34\n", *(document for document in DOCUMENTS if b"delete" in document), TABLES[0]],
        wrappers=PACKERS[:1],
    ),
]
