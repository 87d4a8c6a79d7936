"""How OpenVINO is imported, and what is known of the processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from models import ModelError, Pipeline, Problem, load_bundle
from tests.tiny_int8 import needs_openvino

pytestmark = needs_openvino


def run_python(program: str, **environment: str) -> str:
    """Run a program in another process and return what it prints."""
    command = [sys.executable, "-c", program]
    variables = {**os.environ, **environment}
    return subprocess.run(
        command, env=variables, check=True, timeout=120, capture_output=True, text=True
    ).stdout.strip()


def test_only_quantized_bundles_need_openvino(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert load_bundle(bundles / "int8").version
    with pytest.raises(ModelError, match="OpenVINO") as error:
        Pipeline.from_bundle(bundles / "int8", device="cpu")
    assert error.value.problem is Problem.OPENVINO_NOT_INSTALLED
    assert Pipeline.from_bundle(bundles / "exact", device="cpu").score(["so"])


def test_openvino_reports_nothing_over_the_network(tmp_path: Path) -> None:
    program = """
import socket, sys
def refuse(*arguments):
    raise AssertionError("a connection")
socket.socket.connect = socket.getaddrinfo = refuse
from models.runtime.int8 import import_openvino
assert import_openvino().Core().available_devices
assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]
"""
    run_python(program, HOME=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="these names are those of x86 processors")
@pytest.mark.parametrize(("instructions", "overflows"), [("AVX2", "True"), ("AVX512_CORE", "True")])
def test_products_overflow_without_vnni(instructions: str, overflows: str) -> None:
    program = "from models.runtime.int8 import products_overflow; print(products_overflow())"
    assert run_python(program, ONEDNN_MAX_CPU_ISA=instructions) == overflows


def test_the_instructions_of_vnni_do_not_overflow() -> None:
    if not torch.cpu._is_vnni_supported():
        pytest.skip("this processor has no VNNI")
    program = "from models.runtime.int8 import products_overflow; print(products_overflow())"
    assert run_python(program, ONEDNN_MAX_CPU_ISA="DEFAULT") == "False"
