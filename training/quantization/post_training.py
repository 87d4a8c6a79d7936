"""Post-training quantization of a body by NNCF: 8-bit inputs and 7-bit weights for all products."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding
from torch import Tensor

from models.errors import ModelError
from models.network import NetworkWeights
from models.runtime import GroupedAttention, PackedBatch, micro_batches
from models.runtime.int8 import BodyIr, QuantizedBody, SegmentPorts, body_layers, import_openvino
from training.errors import RunError
from training.quantization.body_graph import build_body_graph

# How much of an outlier SmoothQuant moves from the states into the weights (its alpha). NNCF's default, 0.95,
# suits weights of 8 bits; those of 7 bits lose less with this one (`docs/performance.md`).
_SMOOTHING: Final = 0.85
_INSTALL: Final = "pip install 'ade-monitor[openvino]'"
_TOKEN_BUDGET: Final = 512  # tokens of a sample for NNCF
_NO_TELEMETRY: Final = "NNCF_CI"  # NNCF's own switch for machines that must not report


def require_nncf() -> Any:
    """Import NNCF without its telemetry, and without its log messages.

    Raises:
        RunError: OpenVINO or NNCF is not installed.
    """
    was_set = _NO_TELEMETRY in os.environ
    os.environ.setdefault(_NO_TELEMETRY, "1")
    try:
        import_openvino()
        nncf = importlib.import_module("nncf")
    except (ImportError, ModelError) as error:
        raise RunError(
            f"quantizing needs OpenVINO and NNCF, which cannot be imported ({error}): run `{_INSTALL}`"
        ) from None
    finally:
        if not was_set:  # the import has read it
            del os.environ[_NO_TELEMETRY]
    nncf.set_log_level(logging.ERROR)
    return nncf


def quantize_with_nncf(weights: NetworkWeights, encodings: Sequence[Encoding]) -> BodyIr:
    """Quantize the layers of a network below its last one.

    First, outliers of the states are moved into the weights (SmoothQuant, Xiao et al. 2023, equation 4). Then
    the ranges are measured on the inputs of each product. Finally the biases are corrected by the mean error.

    Args:
        weights: of the network, on the CPU.
        encodings: of texts like those to come; a few hundred are enough.

    Raises:
        RunError: OpenVINO or NNCF is not installed.
    """
    nncf = require_nncf()
    exact = build_body_graph(weights)
    batches = list(micro_batches(encodings, token_budget=_TOKEN_BUDGET))
    samples = _SegmentInputs(weights, to_ir(exact), batches)
    with contextlib.redirect_stdout(io.StringIO()):  # progress bars, which NNCF prints to any stdout
        quantized = nncf.quantize(
            exact,
            nncf.Dataset(samples),
            preset=nncf.QuantizationPreset.MIXED,
            target_device=nncf.TargetDevice.CPU,
            subset_size=len(samples),
            model_type=nncf.ModelType.TRANSFORMER,
            advanced_parameters=advanced_parameters(nncf),
        )
    return to_ir(quantized)


def advanced_parameters(nncf: Any) -> Any:
    """Return NNCF's options for weights of 7 bits.

    Products of 8-bit weights overflow on processors without VNNI, and a bundle would predict something else
    there; see `models.runtime.int8.products_overflow`.
    """
    return nncf.AdvancedQuantizationParameters(
        overflow_fix=nncf.OverflowFix.ENABLE,
        smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=_SMOOTHING),
    )


class _SegmentInputs:
    """The inputs of all segments by name, a sample for each batch.

    They are computed again each time NNCF iterates over them, since they may not fit into memory.
    """

    def __init__(self, weights: NetworkWeights, exact: BodyIr, batches: Sequence[PackedBatch]) -> None:
        self._weights = weights
        self._batches = batches
        self._sample: dict[str, NDArray[np.float32]] = {}
        self._body = QuantizedBody(exact, weights, GroupedAttention(), lanes=1, watch=self._keep)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[dict[str, NDArray[np.float32]]]:
        for batch in self._batches:
            self._sample = {}
            with torch.inference_mode():
                self._body(batch)
            yield self._sample

    def _keep(self, number: int, inputs: Sequence[Tensor]) -> None:
        shape = self._weights.shape
        ports = SegmentPorts.of(number, layers=body_layers(shape), hidden=shape.hidden).inputs
        self._sample.update({port.name: tensor.numpy() for port, tensor in zip(ports, inputs, strict=True)})


def to_ir(model: Any) -> BodyIr:
    """Serialize an `openvino.Model`; equal graphs give equal bytes."""
    for number, node in enumerate(model.get_ordered_ops()):
        # By default nodes are numbered from the start of the process.
        if node.get_type_name() not in ("Parameter", "Result"):
            node.set_friendly_name(f"{node.get_type_name()}_{number}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.xml"
        import_openvino().save_model(model, path, compress_to_fp16=False)
        return BodyIr(path.read_bytes(), path.with_suffix(".bin").read_bytes(), "the quantized body")
