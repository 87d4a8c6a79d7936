"""A real worker sends the trace of a batch, from the read to the acknowledgement, and of published alerts."""

from __future__ import annotations

from pathlib import Path

from kafka import KafkaProducer

from monitor.settings import Settings
from monitor.tracing import ENDPOINT
from tests.collector import Collector
from tests.flow.conftest import FlowResults, tweet_values
from tests.processes import running, wait_for

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STAGES = ["read", "languages", "score", "enrich", "letters", "write"]


def test_a_worker_sends_the_spans_of_batches_and_of_alerts(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    producer = KafkaProducer(bootstrap_servers=migrated.kafka.bootstrap_servers)
    for value in tweet_values(10):
        producer.send(migrated.kafka.topic, value, headers=[("traceparent", PARENT.encode())])
    producer.close()
    with Collector() as collector:
        environment = {ENDPOINT: collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with running(migrated, tmp_path, "worker", **environment) as worker:
            wait_for(lambda: len(results.alerts()) == 2, watching=worker)
            assert worker.stop() == 0, worker.output()
        spans = {span.name: span for span in collector.spans()}
        assert {"batch", "acknowledge", "publish alerts", *STAGES} == set(spans)
        root = spans["batch"]
        assert {link.span_id.hex() for link in root.links} == {PARENT.split("-")[2]}
        for stage in STAGES:
            assert spans[stage].trace_id == root.trace_id
            assert spans[stage].parent_span_id == root.span_id
        assert spans["acknowledge"].parent_span_id == spans["write"].span_id
        assert "zoloft" not in collector.content()
