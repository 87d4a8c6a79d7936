"""OpenTelemetry traces, by the extra `tracing`: on if the environment names an OTLP endpoint, else off.

The variables are OpenTelemetry's own, such as OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER. While traces are off, nothing is imported, and `span` costs one
comparison.

Attributes are counts and names of topics. Exceptions are recorded by their type only, because messages of
libraries may quote a post.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import structlog

from monitor.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Link, Span, Tracer

log = structlog.get_logger()

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HTTP: Final = "http/protobuf"
"""The one protocol that the extra installs; it needs no gRPC."""

MOST_LINKS: Final = 128
"""Links of a span. The SDK keeps no more by default."""

FLUSH_TIMEOUT: Final = 2.0
"""Seconds that the last spans may take at the end of the process."""

Attributes = Mapping[str, int | str]
"""Attributes of a span: counts and names of topics."""

Headers = Mapping[str, Any] | Iterable[tuple[str, Any]] | None
"""Headers of a Kafka message; Faust has them as a mapping or as pairs."""


class _Tracing:
    """What this process traces with, if traces are on."""

    tracer: Tracer | None = None
    provider: TracerProvider | None = None


def start_tracing() -> None:
    """Turn traces on if the environment asks for them.

    Raises:
        SettingsError: the extra is missing, or the environment asks for another protocol.
    """
    if not _is_requested():
        return
    protocol = next((value for name in PROTOCOLS if (value := os.environ.get(name))), HTTP)
    if protocol != HTTP:
        raise SettingsError(
            f"{protocol} is not a protocol that traces are sent with", f"set {PROTOCOLS[1]} to {HTTP}"
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError(
            f"{ENDPOINT} is set, and OpenTelemetry is not installed",
            f"pip install 'ade-monitor[tracing]', or unset {ENDPOINT}",
        ) from None
    trace_with(BatchSpanProcessor(OTLPSpanExporter()))
    log.info("traces are on", exporter="OTLP", protocol=HTTP)


def trace_with(processor: Any) -> None:
    """Turn traces on, with a span processor of the SDK. `start_tracing` and tests call this."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    names = {"service.version": version("ade-monitor")}
    named = "OTEL_SERVICE_NAME" in os.environ
    if not named and "service.name=" not in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        names["service.name"] = "ade-monitor"
    provider = TracerProvider(resource=Resource.create(names), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    _Tracing.provider, _Tracing.tracer = provider, provider.get_tracer("ade-monitor")


def stop_tracing() -> None:
    """Turn traces off, and send the spans that wait, within `FLUSH_TIMEOUT`."""
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is None:
        return
    # Without a collector, the exporter would try for longer than a worker may take to stop.
    flush = threading.Thread(target=provider.shutdown, name="last traces", daemon=True)
    flush.start()
    flush.join(FLUSH_TIMEOUT)


def is_tracing() -> bool:
    """Return True if traces are on."""
    return _Tracing.tracer is not None


def span(name: str, attributes: Attributes | None = None) -> AbstractContextManager[Span | None]:
    """Trace the block as a child of the current span. Yields the span, or None while traces are off."""
    tracer = _Tracing.tracer
    return _OFF if tracer is None else _recorded(tracer.start_span(name, attributes=attributes))


def start_root(name: str, headers: Iterable[Headers], attributes: Attributes | None = None) -> Span | None:
    """Start a span without a parent, linked to the traces that Kafka headers name; None if traces are off.

    A batch has many messages, so their spans are links and not parents. End the span with `end_root`.
    """
    tracer = _Tracing.tracer
    if tracer is None:
        return None
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind

    return tracer.start_span(
        name, Context(), SpanKind.CONSUMER, attributes=attributes, links=list(_links(headers))
    )


def end_root(
    root: Span | None, error: BaseException | None = None, attributes: Attributes | None = None
) -> None:
    """End a span of `start_root`; with an error, if there was one."""
    if root is None:
        return
    root.set_attributes(attributes or {})
    if error is not None:
        _mark_failed(root, error)
    root.end()


def child_of(root: Span | None, name: str) -> AbstractContextManager[Span | None]:
    """Trace the block as a child of a span of `start_root`."""
    tracer = _Tracing.tracer
    if tracer is None or root is None:
        return _OFF
    from opentelemetry.trace import set_span_in_context

    return _recorded(tracer.start_span(name, set_span_in_context(root)))


_OFF: Final[AbstractContextManager[None]] = nullcontext()


@contextmanager
def _recorded(span: Span) -> Iterator[Span]:
    """Make a span the current one during the block, and end it with the type of an error."""
    from opentelemetry.trace import use_span

    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as error:
            _mark_failed(span, error)
            raise


def _mark_failed(span: Span, error: BaseException) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR, type(error).__name__)


def _links(all_headers: Iterable[Headers]) -> Iterator[Link]:
    """Yield a link for each span that headers name in the form of W3C's Trace Context."""
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    propagator = TraceContextTextMapPropagator()
    known: set[int] = set()
    for headers in all_headers:
        carrier = {
            name: value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
            for name, value in (dict(headers) if headers else {}).items()
            if name in ("traceparent", "tracestate")
        }
        if "traceparent" not in carrier:
            continue
        parent = get_current_span(propagator.extract(carrier, Context())).get_span_context()
        if parent.is_valid and parent.span_id not in known:
            known.add(parent.span_id)
            yield Link(parent)
            if len(known) == MOST_LINKS:
                return


def _is_requested() -> bool:
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip() == "none":
        return False
    return any(os.environ.get(name, "").strip() for name in (ENDPOINT, TRACES_ENDPOINT))
