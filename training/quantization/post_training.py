"""Post-training quantization of a body by NNCF: 8-bit weights and 8-bit inputs of all products."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding
from torch import Tensor

from models.network.weights import NetworkWeights
from models.runtime.attention import GroupedAttention
from models.runtime.int8 import BodyIr, QuantizedBody
from models.runtime.int8.body import body_layers
from models.runtime.int8.body_ir import EXTRA, SegmentPorts, openvino_runtime
from models.runtime.packing import PackedBatch, micro_batches
from training.errors import RunError
from training.quantization.body_graph import body_graph

_TOKEN_BUDGET = 512  # of a sample that NNCF sees
_SILENT = "NNCF_CI"  # NNCF's own switch for machines that must not report


def require_nncf() -> Any:
    """Import NNCF without its telemetry, and without its talk.

    Raises:
        ModelError: OpenVINO is not installed.
        RunError: NNCF is not.
    """
    openvino_runtime()
    is_set = _SILENT in os.environ
    os.environ.setdefault(_SILENT, "1")
    try:
        nncf = importlib.import_module("nncf")
    except ImportError as error:
        raise RunError(f"quantizing needs NNCF, which cannot be imported ({error}): run `{EXTRA}`") from None
    finally:
        if not is_set:  # it is read once, by the import
            del os.environ[_SILENT]
    nncf.set_log_level(logging.ERROR)
    return nncf


def quantize_with_nncf(weights: NetworkWeights, encodings: Sequence[Encoding]) -> BodyIr:
    """Quantize what a network has below its last layer.

    Outliers of the states are moved into the weights first (SmoothQuant, Xiao et al. 2023, equation 4), then
    the ranges are taken from what goes into each product, and at last biases make up for the mean error.

    Args:
        weights: of the network, on the CPU.
        encodings: of texts like those to come; a few hundred do.

    Raises:
        ModelError: OpenVINO is not installed.
        RunError: NNCF is not.
    """
    nncf = require_nncf()
    exact = body_graph(weights)
    samples = _Samples(weights, to_ir(exact), list(micro_batches(encodings, token_budget=_TOKEN_BUDGET)))
    with contextlib.redirect_stdout(io.StringIO()):  # bars, which also come where nobody is at the terminal
        rounded = nncf.quantize(
            exact,
            nncf.Dataset(samples),
            preset=nncf.QuantizationPreset.MIXED,
            target_device=nncf.TargetDevice.CPU,
            subset_size=len(samples),
            model_type=nncf.ModelType.TRANSFORMER,
        )
    return to_ir(rounded)


class _Samples:
    """What goes into the segments for some texts, made anew each time NNCF goes through it: it may be large.

    Each sample has the inputs of all segments, by name.
    """

    def __init__(self, weights: NetworkWeights, exact: BodyIr, batches: Sequence[PackedBatch]) -> None:
        self._weights = weights
        self._batches = batches
        self._seen: dict[str, NDArray[np.float32]] = {}
        self._body = QuantizedBody(exact, weights, GroupedAttention(), lanes=1, watch=self._keep)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[dict[str, NDArray[np.float32]]]:
        for batch in self._batches:
            self._seen = {}
            with torch.inference_mode():
                self._body(batch)
            yield self._seen

    def _keep(self, number: int, inputs: Sequence[Tensor]) -> None:
        shape = self._weights.shape
        ports = SegmentPorts.of(number, layers=body_layers(shape), hidden=shape.hidden).inputs
        self._seen.update({port.name: given.numpy() for port, given in zip(ports, inputs, strict=True)})


def to_ir(model: Any) -> BodyIr:
    """Write a graph as OpenVINO does; the same bytes for the same graph."""
    for place, node in enumerate(model.get_ordered_ops()):
        # By default their names are numbered from the start of the process.
        if node.get_type_name() not in ("Parameter", "Result"):
            node.set_friendly_name(f"{node.get_type_name()}_{place}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.xml"
        openvino_runtime().save_model(model, path, compress_to_fp16=False)
        return BodyIr(path.read_bytes(), path.with_suffix(".bin").read_bytes(), "the quantized body")
