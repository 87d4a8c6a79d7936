"""The pages /metrics, /live and /ready of a real process, as Prometheus and a probe see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from monitor.embedded.servers import free_port
from monitor.settings import MonitoringSettings, Settings


@dataclass(frozen=True)
class Answer:
    """An answer to a probe."""

    status: int
    checks: dict[str, str]

    @property
    def failing(self) -> dict[str, str]:
        """What is wrong, by the name of the check."""
        return {name: problem for name, problem in self.checks.items() if problem != "ok"}


class Scrape:
    """The values of all series at one moment."""

    def __init__(self, page: str) -> None:
        self.page = page
        self._samples = [
            sample for family in text_string_to_metric_families(page) for sample in family.samples
        ]

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the series with this name and these labels."""
        return sum(value for names, value in self.series(name) if labels.items() <= names.items())

    def series(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """Yield the labels and the value of each series with this name."""
        return ((sample.labels, sample.value) for sample in self._samples if sample.name == name)

    def labels(self) -> Iterator[tuple[str, str, str]]:
        """Yield each label of our own series: name of the series, of the label, and value."""
        return (
            (sample.name, label, value)
            for sample in self._samples
            if sample.name.startswith("ade_")
            for label, value in sample.labels.items()
        )


class StatusPages:
    """The pages of a process on loopback.

    Args:
        port: where they are.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def live(self) -> Answer:
        """Return the answer of /live."""
        return self._probe("live")

    def ready(self) -> Answer:
        """Return the answer of /ready."""
        return self._probe("ready")

    def is_up(self) -> bool:
        """Return True if the process answers."""
        try:
            self.live()
        except ConnectionRefusedError:
            return False
        return True

    def is_ready(self) -> bool:
        """Return True if the process answers, and is ready."""
        return self.is_up() and self.ready().status == 200

    def scrape(self) -> Scrape:
        """Return what /metrics has now."""
        status, body = self._get("/metrics")
        assert status == 200
        return Scrape(body.decode())

    def _probe(self, name: str) -> Answer:
        status, body = self._get(f"/{name}")
        document: dict[str, Any] = json.loads(body)
        assert document[name] == (status == 200)
        return Answer(status, document["checks"])

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def with_status_pages(settings: Settings) -> tuple[Settings, StatusPages]:
    """Return settings with a free port for the pages, and the pages."""
    port = free_port()
    return settings.model_copy(update={"monitoring": MonitoringSettings(port=port)}), StatusPages(port)
