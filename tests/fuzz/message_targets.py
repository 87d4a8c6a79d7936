"""Messages of Kafka: values, headers, dead letters, and the record batches that they come in."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any, Final

import cramjam
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from monitor.deadletters import StoredLetter, dead_letter, scrubbing
from monitor.deadletters.letter_ids import letter_ids
from monitor.deadletters.stored_letters import headers_of, receipt_offset
from monitor.errors import PoisonError
from monitor.ingest import SOURCE_HEADER, read_events, read_message, start_batch
from monitor.ingest.sources import SOURCES
from monitor.kafka import noted_topic
from monitor.records import ComplianceEvent, Post
from monitor.stream.bounded_decoding import LARGEST_BATCH, BatchTooLarge, limited_decoders
from tests.fuzz.fuzz_target import FuzzTarget
from tests.monitor.ingest.sources.examples import EXAMPLES
from tests.monitor.kafka_events import Event, Message
from tests.monitor.stream.positions.record_batches import batch, control_batch, read, with_body

DOCUMENTS: Final = [
    json.dumps(document).encode() for documents in EXAMPLES.values() for document in documents
]
HTML: Final = (
    b'{"id": "1", "html": true, "text": "<p>zoloft &amp; <a href=x>me</a> &#128557;<br>dizzy</p>"}',
    b'[{"id": "1", "text": "a"}, {"id": "2"}, {"tombstone": {"event": "user-delete", "author_id": "9"}}]',
)
NAMES: Final = [None, *(source.name for source in SOURCES)]


def read_value(data: bytes) -> None:
    for source in (None, NAMES[zlib.crc32(data) % len(NAMES)]):
        for item in read_message(data, source):
            if not isinstance(item, Post | ComplianceEvent | PoisonError):
                raise TypeError(f"{item!r} is neither a post nor an event nor a fault")
            if isinstance(item, Post):
                item.text.encode()  # a lone surrogate could not be stored


def split_headers(data: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Return the headers before a blank line, and the value after it."""
    head, _, value = data.partition(b"\n\n")
    lines = [line.partition(b":") for line in head.split(b"\n")]
    return [(name.decode("utf-8", "replace"), text.strip()) for name, _, text in lines], value


def read_with_headers(data: bytes) -> None:
    headers, value = split_headers(data)
    message = Message(value, offset=3, key=value[:8], headers=tuple(headers))
    for refused in read_events(start_batch([Event(message)])).refused:
        letter = dead_letter(refused)
        texts = {name: text.decode() for name, text in letter.headers}
        StoredLetter(0, 0, letter.key, letter.value, texts, None).record()


def read_letter(data: bytes) -> None:
    pairs, value = split_headers(data)
    headers = headers_of(Message(value, offset=0, headers=tuple(pairs)))
    receipt_offset(headers)
    scrubbing._place(headers.get("ade-moved-from"))
    noted_topic(headers.get("ade-topic"))
    letter = StoredLetter(0, 0, value[:20], value, headers, None)
    json.dumps(letter.record()).encode()
    for name in letter_ids(letter.key, value, headers.get(SOURCE_HEADER)):
        name.encode()  # compared with what the database has


LETTERS: Final = [
    b"ade-reason: not-json\nade-offset: 12\nade-partition: -1\nade-value-length: 20\nsource: x-v2\n\n"
    + document
    for document in DOCUMENTS[::3]
] + [
    b"ade-receipt-for: 12\nade-sent-to: tweets:0:5\n\n",
    b"ade-moved-from: 0:12\nade-reason: expired\nade-last-offset: 99\n\n"
    + b'{"id_str": "12345", "ids": ["1", 2',
]


def read_batches(data: bytes) -> None:
    """Read record batches; what cannot be read is a mark, so there is no error at all."""
    start = zlib.crc32(data) % 5
    records, position = read(data, start=start, aborted=[(7, 0)])
    offsets = [record.offset for record in records]
    if offsets != sorted(offsets) or position < start:
        raise AssertionError(f"the offsets {offsets} do not grow up to {position}")


def with_checksum(data: bytes) -> bytes:
    """Return the batch with the right length and checksum, so that its content is read."""
    return with_body(data.ljust(61, b"\0"), data[61:])


def packed_batch(codec: int) -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 20)
    for number in range(3):
        headers = [("source", b"x-v2"), ("none", None)]
        builder.append(number, timestamp=1, key=b"k", value=DOCUMENTS[number], headers=headers)
    return struct.pack(">q", 4) + bytes(builder.build())[8:]


BATCHES: Final = [
    batch(0, [b"one", b"two"]) + batch(2, [b"three"], codec=1),
    *(packed_batch(codec) for codec in range(5)),
    batch(0, [b"a"], transactional=True, producer=7) + control_batch(1, 7, is_abort=True),
]
UNPACKING: Final[tuple[type[Exception], ...]] = (
    *(ValueError, EOFError, OSError, struct.error, zlib.error, cramjam.DecompressionError, BatchTooLarge),
)


def unpack(data: bytes) -> None:
    """Unpack the payload of a batch; its reader turns every error into a dead letter."""
    decoders = limited_decoders(LARGEST_BATCH)
    name = sorted(decoders)[data[0] % len(decoders)] if data else "gzip_decode"
    unpacked: Any = decoders[name](data[1:])
    if len(unpacked) > LARGEST_BATCH:
        raise AssertionError(f"{name} returned {len(unpacked)} bytes")


PAYLOADS: Final = [
    bytes([number]) + bytes(encode(content))
    for number, encode in enumerate(
        (cramjam.gzip.compress, cramjam.lz4.compress, cramjam.snappy.compress_raw, cramjam.zstd.compress)
    )
    for content in (b"zoloft " * 40, b"\0" * 100_000)
]

MESSAGE_TARGETS: Final = [
    FuzzTarget("message-value", read_value, [*DOCUMENTS, *HTML]),
    FuzzTarget(
        "message-headers",
        read_with_headers,
        [
            b"source: x-v2\nother: x\n\n" + DOCUMENTS[0],
            b"source: unknown\n\n{",
            b"source:\nsource: mastodon\n\n[1, 2]",
        ],
        documented=(),
    ),
    FuzzTarget(
        "dead-letter", read_letter, LETTERS, [b"\nade-moved-from: 1:", b"\nade-offset: "], documented=()
    ),
    FuzzTarget("record-batch", read_batches, BATCHES, wrappers=[with_checksum], documented=()),
    FuzzTarget("record-payload", unpack, PAYLOADS, documented=UNPACKING),
]
