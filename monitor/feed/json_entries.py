"""JSON files of any platform: each document is read by the source that recognizes it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, BinaryIO, Final

from monitor.errors import PoisonError
from monitor.feed.encodings import detect_encoding, utf8_stream
from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.file_format import FileFormat, ReadOptions, Sample
from monitor.feed.json_documents import split_documents
from monitor.feed.json_patterns import ASSIGNMENT
from monitor.feed.json_text import JsonText, split_lines
from monitor.feed.source import MAX_LINE, Source, read_source_lines
from monitor.ingest import parse_json
from monitor.ingest.json_values import json_type
from monitor.ingest.sources import Fields, describe_shape, source_of, with_thread
from monitor.ingest.sources.own_contract import OWN_CONTRACT
from monitor.ingest.sources.post_source import Document

_LINE_EXTENSIONS: Final = (".jsonl", ".ndjson", ".jsonlines")
_EXTENSIONS: Final = (*_LINE_EXTENSIONS, ".json", ".js", ".geojson")
_DELETED_NAME: Final = re.compile(r"(?:^|[/\\])deleted-tweet[^/\\]*\.js$")
_DELETED_START: Final = re.compile(rb"\s*window\.YTD\.deleted_tweet")
_NUMBERS_OF_PYTHON: Final = re.compile(rb"NaN|Infinity")
_STRING_OR_NUMBER: Final = re.compile(rb'("(?:[^"\\]++|\\.)*+")|-?(?:NaN|Infinity)', re.DOTALL)
_USUAL_FIELDS: Final = ("id", "text", "author_id", "created_at", "lang")


def _recognizes_lines(sample: Sample) -> str | None:
    start = _utf8_start(sample.start)
    if start.lstrip().startswith(b"[") or ASSIGNMENT.match(start):
        return None
    lines = [line for line in start.splitlines() if line.strip()]
    objects = sum(map(_is_object, lines))
    if objects and (2 * objects >= len(lines) or sample.extension in _LINE_EXTENSIONS):
        return "each line is a JSON object" if objects > 1 else "a line is a JSON object"
    if sample.extension in _LINE_EXTENSIONS and b"{" not in start:
        return f"its extension is {sample.extension}"
    return None


def _recognizes_documents(sample: Sample) -> str | None:
    start = _utf8_start(sample.start).lstrip()
    if ASSIGNMENT.match(start):
        return "it starts like a file of a Twitter archive"
    if start.startswith(b"["):
        return "it starts with a JSON array"
    if start.startswith(b"{"):
        return "it starts with a JSON object"
    return f"its extension is {sample.extension}" if sample.extension in _EXTENSIONS else None


def _read_lines(source: Source, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    lines = read_source_lines(_utf8_of(source, options))
    documents = split_lines(line for line in lines if line.number > options.skip_lines)
    return _entries(documents, options, str(PurePath(source.name).parent))


def _read_documents(source: Source, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    stream = _utf8_of(source, options)
    for _ in range(options.skip_lines):
        stream.readline(MAX_LINE)
    place = str(PurePath(source.name).parent)
    return _entries(split_documents(stream), options, place, are_deleted=_are_deleted(source))


JSON_LINES: Final = FileFormat("jsonl", "JSON Lines", _LINE_EXTENSIONS, _recognizes_lines, _read_lines)
JSON_DOCUMENTS: Final = FileFormat(
    "json",
    "JSON: an array, a page, or one object after another",
    (".json", ".js"),
    _recognizes_documents,
    _read_documents,
)


def _entries(
    texts: Iterator[JsonText], options: ReadOptions, place: str, *, are_deleted: bool = False
) -> Iterator[FeedEntry | Reject]:
    """Yield the entries of documents.

    Args:
        texts: the documents.
        options: how to read them.
        place: the folder that the file is in.
        are_deleted: True for the deleted posts of a Twitter archive.
    """
    has_names = not options.mapping.empty
    before: Any = None
    for text in texts:
        if text.is_too_long:
            detail = f"the JSON document has more than {len(text.data)} bytes"
            yield Reject(text.line, "line-too-long", detail, text.data)
            continue
        if text.is_cut:
            yield Reject(text.line, "not-json", "the file ends in the middle of the JSON", text.data)
            continue
        try:
            document = _parse(text.data)
        except PoisonError as error:
            if parts := _parts_of_line(text):
                yield from _entries(iter(parts), options, place)
            else:
                yield Reject(text.line, error.reason, error.detail, text.data)
            continue
        if text.chat is not None:
            document = {"telegram_chat": text.chat, "message": document}
        for part in document if isinstance(document, list) else (document,):
            if not isinstance(part, dict):
                detail = f"the value is {json_type(part)}, not a JSON object"
                yield Reject(text.line, "not-an-object", detail, text.data)
            elif not options.archive_notes.add(part, place):
                whole = options.archive_notes.complete(_as_deleted(part) if are_deleted else part, place)
                yield from _read_object(with_thread(before, whole), text, options, has_names)
            before = part


def _parse(data: bytes) -> Any:
    """Parse JSON. NaN and Infinity, which Python programs write, are read as null.

    Raises:
        PoisonError: it is not JSON.
    """
    try:
        return parse_json(data)
    except PoisonError as error:
        if error.reason != "not-json" or not _NUMBERS_OF_PYTHON.search(data):
            raise
        return parse_json(_STRING_OR_NUMBER.sub(lambda match: match[1] or b"null", data))


def _are_deleted(source: Source) -> bool:
    return bool(_DELETED_NAME.search(source.name) or _DELETED_START.match(source.sample))


def _as_deleted(part: dict[str, Any]) -> dict[str, Any]:
    """Return an item of deleted posts with the field that says so, which some archives leave out."""
    tweet = part.get("tweet")
    return {"tweet": {"deleted_at": "", **tweet}} if isinstance(tweet, dict) else part


def _read_object(
    document: Document, text: JsonText, options: ReadOptions, has_names: bool
) -> Iterator[FeedEntry | Reject]:
    """Yield the posts and events of an object; `has_names` is True if the user named fields."""
    source = options.source or source_of(document)
    if source is None:
        yield _unrecognized(document, text, options)
        return
    is_empty = True
    for fields in source.read(document):
        is_empty = False
        if (has_names or options.source) and "tombstone" not in fields:
            fields = options.mapping.apply(document, fields)
            if (detail := _missing(document, fields, options)) is not None:
                yield Reject(text.line, "missing-field", detail, text.data)
                continue
        yield FeedEntry(text.line, fields, text.data, source.name)
    if is_empty and options.source and not source.recognizes(document):
        detail = f"the object is not one of {source.title}; {_shape_of(document)}"
        yield Reject(text.line, "missing-field", detail, text.data)


def _unrecognized(document: Document, text: JsonText, options: ReadOptions) -> FeedEntry | Reject:
    """Read an object of no source with the fields that the user named, or say what it has."""
    usual = {name: document[name] for name in _USUAL_FIELDS if name in document}
    fields = options.mapping.apply(document, usual)
    detail = _missing(document, fields, options)
    if detail is None and options.mapping.empty:
        # It has an id and a text, but not those of a post.
        detail = describe_shape(document)
    if detail is not None:
        return Reject(text.line, "missing-field", detail, text.data)
    return FeedEntry(text.line, fields, text.data, OWN_CONTRACT.name)


def _missing(document: Document, fields: Fields, options: ReadOptions) -> str | None:
    """Return which field a post lacks and what its object has instead, or None if it has an id and a text."""
    for name in ("id", "text"):
        if name not in fields:
            path = getattr(options.mapping, name)
            missing = f"`{name}` is missing" if path is None else f"`{path}` (the {name}) is missing"
            return f"{missing}; {_shape_of(document)}"
    return None


def _shape_of(document: Document) -> str:
    """Return what an object looks like, and which fields it has."""
    source = source_of(document)
    shape = describe_shape(document)
    return f"it looks like {source.title}, and {shape}" if source else shape


def _parts_of_line(text: JsonText) -> list[JsonText]:
    """Return the documents of a line with several, such as `{…}{…}`, or nothing if it is something else."""
    parts = [*split_documents(io.BytesIO(text.data))]
    if len(parts) < 2 or not all(_is_object(part.data) for part in parts):
        return []
    return [JsonText(text.line, part.data) for part in parts]


def _utf8_of(source: Source, options: ReadOptions) -> BinaryIO:
    encoding = options.encoding or detect_encoding(source.sample)
    if encoding is None or encoding.lower() in ("utf-8", "utf8"):
        return source.stream
    if encoding == "utf-8-sig":
        # Not transcoded: bytes that are not UTF-8 then make one document invalid, instead of being replaced.
        source.stream.read(3)
        return source.stream
    options.notify(f"read as {encoding.upper()}")
    return utf8_stream(source.stream, encoding)


def _utf8_start(start: bytes) -> bytes:
    encoding = detect_encoding(start)
    return utf8_stream(io.BytesIO(start), encoding).read() if encoding else start


def _is_object(line: bytes) -> bool:
    """Return True if a line that is not indented is a JSON object with fields."""
    if not line.startswith(b"{") or line.strip() == b"{}":
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
