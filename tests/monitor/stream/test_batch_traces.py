"""Each batch has one trace, linked to those of its messages, without anything of a post."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from monitor import tracing
from monitor.ingest import start_batch
from monitor.stream.batch_traces import SPANS, BatchTraces
from monitor.stream.enrichment import EnrichPosts
from monitor.stream.other_languages import SkipOtherLanguages
from monitor.stream.scoring import ScorePosts
from monitor.stream.sink import WriteBatches
from monitor.stream.stages import worker_stages
from tests.monitor.kafka_events import Event, event
from tests.monitor.stream.conveyors import ListSink, RunningConveyor

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01".encode()


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.trace_with(SimpleSpanProcessor(exporter))
    yield exporter
    tracing.stop_tracing()


def with_headers(headers: Any, text: str | None = "fine", offset: int = 0) -> Event:
    plain = event(text, offset=offset)
    return Event(replace(plain.message, headers=headers))


async def run(events: Sequence[Event], sink: ListSink | None = None) -> RunningConveyor:
    line = RunningConveyor(sink or ListSink())
    running = asyncio.create_task(line.conveyor.run())
    await line.conveyor.put(events)
    while not (line.sink.offsets or line.failures):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return line


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_every_stage_of_the_worker_has_a_name_for_its_span() -> None:
    anything: Any = None
    stages = worker_stages(
        languages=object.__new__(SkipOtherLanguages),
        scoring=object.__new__(ScorePosts),
        enrichment=object.__new__(EnrichPosts),
        send_letters=anything,
        find_removed=anything,
        writing=object.__new__(WriteBatches),
    )
    assert {type(stage).__name__ for stage in stages} == set(SPANS)


async def test_a_batch_has_a_span_with_a_child_for_each_stage(exporter: InMemorySpanExporter) -> None:
    await run([event("fine", offset=0), event("bad", offset=1), event(None, offset=2)])
    spans = by_name(exporter)
    assert set(spans) == {"batch", "read", "score", "letters", "ListSink"}
    root = spans["batch"]
    assert root.parent is None
    assert root.attributes is not None
    assert root.attributes["messaging.batch.message_count"] == 3
    assert (root.attributes["ade.scored"], root.attributes["ade.refused"]) == (1, 2)
    for name, span in spans.items():
        assert name == "batch" or (span.parent and span.parent.span_id == root.context.span_id)
        assert span.context.trace_id == root.context.trace_id


async def test_nothing_of_a_post_is_in_a_trace(exporter: InMemorySpanExporter) -> None:
    raw = b'{"id": "axolotl-1", "text": "zebrafinch", "author_id": "quokka"}'
    await run([event(raw=raw), event("bad narwhal", offset=1)])
    everything = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert not [w for w in ("axolotl", "zebrafinch", "quokka", "narwhal", "key 1") if w in everything]


async def test_a_batch_is_linked_to_the_traces_of_its_messages_once_each(
    exporter: InMemorySpanExporter,
) -> None:
    other = f"00-{TRACE}-{'1' * 16}-00".encode()
    await run(
        [
            with_headers((("traceparent", PARENT), ("source", b"own")), offset=0),
            with_headers({"traceparent": PARENT}, offset=1),
            with_headers((("traceparent", other),), offset=2),
            with_headers((("traceparent", b"nonsense"),), offset=3),
            with_headers(None, offset=4),
        ]
    )
    links = by_name(exporter)["batch"].links
    assert [f"{link.context.span_id:016x}" for link in links] == [SPAN, "1" * 16]
    assert {f"{link.context.trace_id:032x}" for link in links} == {TRACE}


def test_a_batch_has_a_limited_number_of_links(exporter: InMemorySpanExporter) -> None:
    traces = BatchTraces()
    many = (f"00-{TRACE}-{n:016x}-01".encode() for n in range(1, 1_000))
    batch = start_batch([with_headers((("traceparent", parent),)) for parent in many])
    traces.begin(batch)
    traces.end(batch)
    assert len(by_name(exporter)["batch"].links) == tracing.MOST_LINKS


async def test_a_stage_that_fails_ends_the_trace_with_the_type_of_the_error(
    exporter: InMemorySpanExporter,
) -> None:
    line = await run([event("fine", offset=5)], ListSink(fails_at=5))
    assert line.failures
    spans = by_name(exporter)
    assert spans["batch"].status.description == spans["ListSink"].status.description == "FatalError"
    assert "broken" not in spans["ListSink"].to_json()


@given(
    headers=st.one_of(
        st.none(),
        st.lists(st.tuples(st.text(max_size=12) | st.just("traceparent"), st.none() | st.binary())),
        st.dictionaries(
            st.sampled_from(["traceparent", "tracestate", "source"]), st.binary() | st.text() | st.integers()
        ),
        st.integers(),
    )
)
def test_no_header_can_stop_the_reader(headers: Any) -> None:
    tracing.trace_with(SimpleSpanProcessor(InMemorySpanExporter()))
    try:
        traces = BatchTraces()
        batch = start_batch([with_headers(headers)])
        traces.begin(batch)
        with traces.stage("ReadMessages", batch.id):
            pass
        traces.end(batch)
    finally:
        tracing.stop_tracing()


async def test_without_tracing_batches_leave_nothing_behind() -> None:
    assert not tracing.is_tracing()
    line = await run([event("fine")])
    assert line.conveyor._traces._roots == {}
