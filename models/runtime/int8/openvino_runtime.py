"""OpenVINO: the one place that imports it, and a check of what the processor does with 8-bit products."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import Any, cast

import numpy as np

from models.errors import ModelError, Problem


def import_openvino() -> Any:
    """Import OpenVINO without its telemetry.

    By default the import reports itself over the network and writes an identifier into the home directory. A
    program that reads what people write about their health must do neither. So `openvino_telemetry` is kept
    from being imported. OpenVINO then behaves as if that package were not installed.

    Raises:
        ModelError: OpenVINO is not installed, or does not work on this machine.
    """
    cast(dict[str, Any], sys.modules).setdefault("openvino_telemetry", None)
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise ModelError(
            f"the bundle is quantized and needs OpenVINO, which cannot be imported ({error})",
            problem=Problem.OPENVINO_NOT_INSTALLED,
        ) from None


@cache
def products_overflow() -> bool:
    """Return True if products of full 8-bit numbers overflow on this processor.

    Processors with AVX2 or AVX-512 but without VNNI add two products of 8-bit numbers in 16 bits, where
    2 · 255 · 127 does not fit and is cut off without an error. Weights of 7 bits are safe everywhere, since
    2 · 255 · 64 fits. This multiplies the largest numbers and looks at the result, because the instructions
    that OpenVINO uses depend on its build and its settings as well as on the processor.

    Raises:
        ModelError: OpenVINO is not installed.
    """
    openvino = import_openvino()
    ops, width = openvino.opset13, 64
    states = ops.parameter(openvino.PartialShape([-1, width]), openvino.Type.f32, name="states")
    # Both factors look as NNCF writes them; OpenVINO then multiplies them as integers.
    bounds = [ops.constant(np.float32(bound)) for bound in (0, 255, 0, 255)]
    full_range = ops.fake_quantize(states, *bounds, 256)
    weights = ops.convert(ops.constant(np.full((width, width), 127, dtype=np.int8)), "f32")
    scaled = ops.multiply(weights, ops.constant(np.full((width, 1), 1 / 128, dtype=np.float32)))
    product = ops.result(ops.matmul(full_range, scaled, False, True))
    model = openvino.Model([product], [states], "largest products")
    options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(model, "CPU", options)
    outputs = compiled(np.full((width, width), 255, dtype=np.float32))[0]
    return not np.allclose(outputs, width * 255 * 127 / 128, rtol=0.01)
