"""Traces are sent to an OpenTelemetry collector if the environment names one, and cost nothing otherwise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from monitor import tracing
from monitor.errors import SettingsError
from tests.collector import Collector
from tests.processes import wait_for

NOTHING_IS_IMPORTED = """
import sys
from monitor.tracing import child_of, end_root, span, start_root, start_tracing, stop_tracing
start_tracing()
root = start_root("batch", [{"traceparent": b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01"}])
assert root is None
with span("a", {"alerts": 1}) as current, child_of(root, "b") as child:
    assert current is None and child is None
end_root(root)
stop_tracing()
# redis-py imports OpenTelemetry wherever it is installed, so no part that uses Redis is imported here.
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (tracing.ENDPOINT, tracing.TRACES_ENDPOINT, *tracing.PROTOCOLS, "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    yield
    tracing.stop_tracing()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture
def spans() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    tracing.trace_with(SimpleSpanProcessor(exporter))
    return exporter


def test_without_an_endpoint_nothing_is_imported_and_nothing_happens() -> None:
    subprocess.run([sys.executable, "-c", NOTHING_IS_IMPORTED], check=True, timeout=120)


@pytest.mark.parametrize(("name", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")])
def test_opentelemetrys_own_switches_turn_traces_off(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    tracing.start_tracing()
    assert not tracing.is_tracing()


def test_an_endpoint_without_the_extra_is_an_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(SettingsError, match=r"ade-monitor\[tracing\]"):
        tracing.start_tracing()
    assert not tracing.is_tracing()


def test_another_protocol_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(SettingsError, match="http/protobuf"):
        tracing.start_tracing()


def test_spans_arrive_at_a_collector_with_the_name_of_the_service(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, collector.url)
    tracing.start_tracing()
    with tracing.span("outer", {"alerts": 2}), tracing.span("inner"):
        pass
    tracing.stop_tracing()
    wait_for(lambda: len(collector.spans()) == 2)
    by_name = {span.name: span for span in collector.spans()}
    assert by_name["inner"].parent_span_id == by_name["outer"].span_id
    assert collector.resources()[0]["service.name"] == "ade-monitor"


def test_the_name_of_the_service_may_come_from_the_environment(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, collector.url)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "vigilance")
    tracing.start_tracing()
    with tracing.span("a"):
        pass
    tracing.stop_tracing()
    wait_for(lambda: bool(collector.spans()))
    assert collector.resources()[0]["service.name"] == "vigilance"


def test_a_collector_that_is_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "FLUSH_TIMEOUT", 0.1)
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:9")
    with capture_logs():
        tracing.start_tracing()
        with tracing.span("a"):
            pass
        tracing.stop_tracing()
    assert not tracing.is_tracing()


def test_an_error_is_recorded_by_its_type_and_never_with_its_message(spans: InMemorySpanExporter) -> None:
    root = tracing.start_root("batch", [])
    with pytest.raises(ValueError), tracing.child_of(root, "score"):
        raise ValueError("zoloft gave me a headache")
    tracing.end_root(root, ValueError("zoloft gave me a headache"))
    finished = spans.get_finished_spans()
    assert [span.status.description for span in finished] == ["ValueError"] * 2
    assert not any(span.events for span in finished)
    assert "zoloft" not in "".join(span.to_json() for span in finished)
