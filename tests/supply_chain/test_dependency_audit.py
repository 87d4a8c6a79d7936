"""The audit never takes silence for safety. A server on this machine stands for OSV."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.supply_chain.dependency_audit import CLEAN, NOT_AUDITED, WEAK, main

WEAKNESS = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-0001"],
    "summary": "invented",
    "details": "invented",
    "affected": [
        {
            "package": {"name": "weak", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}],
        }
    ],
}


class Osv(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = query["package"]["name"]
        if name == "unanswered":
            self.send_error(503)
            return
        answer: dict[str, Any] = {"vulns": [WEAKNESS]} if name == "weak" else {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()


def audited(tmp_path: Path, service: str, *names: str) -> int:
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("".join(f"{name}==1.0\n" for name in names))
    return main(["--constraints", str(constraints), "--service", service])


def test_packages_without_weaknesses_pass(
    tmp_path: Path, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(tmp_path, service, "sound", "other") == CLEAN
    assert "no known weaknesses in 2 packages" in capsys.readouterr().out


def test_a_weakness_is_named_with_its_fix(
    tmp_path: Path, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(tmp_path, service, "sound", "weak") == WEAK
    output = capsys.readouterr().out
    assert "weak 1.0: " in output and "CVE-2026-0001" in output and "fixed in 1.2" in output
    assert "no known weaknesses" not in output


@pytest.mark.parametrize("away", ["nobody listens", "one package is not answered"])
def test_a_service_that_does_not_answer_never_counts_as_no_findings(
    tmp_path: Path, service: str, capsys: pytest.CaptureFixture[str], away: str
) -> None:
    if away == "nobody listens":
        assert audited(tmp_path, "http://127.0.0.1:1/v1/query", "sound") == NOT_AUDITED
    else:
        assert audited(tmp_path, service, "sound", "unanswered") == NOT_AUDITED
    output = capsys.readouterr().out
    assert "NOT AUDITED" in output
    assert "no known weaknesses" not in output
