"""The probes of the embedded stack: `ade-monitor up`, its broker and its disk."""

from __future__ import annotations

from monitor.doctor.checkup import ProbeResult
from monitor.embedded import PROGRAMS, Endpoints, find_program, missing_stack, read_endpoints
from monitor.embedded.apache_kafka import find_jars
from monitor.embedded.capacity import (
    LOW_SPACE,
    NO_SPACE,
    describe_growth,
    free_space,
    memory_limit,
    resident_memory,
)
from monitor.embedded.java import find_java
from monitor.errors import EmbeddedError
from monitor.settings import EmbeddedSettings


def probe_embedded(embedded: EmbeddedSettings) -> ProbeResult:
    """Check whether `ade-monitor up` could run here, or is running, and what its broker would lose."""
    running = read_endpoints(embedded.data_dir)
    if running:
        return _running_stack(embedded, running)
    try:
        for name in PROGRAMS:
            find_program(name)
        if embedded.broker == "kafka":
            find_java()
            find_jars(embedded.kafka_home)
    except EmbeddedError as error:
        return ProbeResult("hint", error.fact, error.advice)
    if stopped := missing_stack(embedded.data_dir):
        return ProbeResult("hint", stopped, "if you use it, start it with `ade-monitor up`")
    return ProbeResult("ok", f"`ade-monitor up` can start a stack in {embedded.data_dir}; none is running")


def probe_disk(embedded: EmbeddedSettings) -> ProbeResult:
    """Measure the free space for the embedded stack's data."""
    free = free_space(embedded.data_dir)
    detail = f"{free / 1e9:,.1f} GB free for {embedded.data_dir}"
    advice = "free some space, or set embedded.data_dir (ADE_EMBEDDED__DATA_DIR) to a folder on another disk"
    if free < NO_SPACE:
        return ProbeResult("failed", detail, advice)
    return ProbeResult("hint", detail, advice) if free < LOW_SPACE else ProbeResult("ok", detail)


def _running_stack(embedded: EmbeddedSettings, running: Endpoints) -> ProbeResult:
    detail = f"the stack in {embedded.data_dir} is running, process {running.pid}"
    if running.broker == "kafka":
        return ProbeResult("ok", f"{detail}, with Apache Kafka")
    used = resident_memory(running.broker_pid)
    detail += f"; its broker keeps posts in memory only ({used / 1e6:,.0f} MB so far)"
    if used >= memory_limit():
        return ProbeResult("hint", detail, describe_growth(used))
    return ProbeResult("hint", detail, "for posts that must not be lost, use `ade-monitor up --broker kafka`")
