"""Bundles whose body multiplies 8-bit integers: quantized, refitted, and compared with the exact ones.

calibration_texts     texts to calibrate on, and other texts to compare the bundles on
body_graph            the body as an OpenVINO graph in fp32
post_training         this graph quantized by NNCF, with ranges from the calibration texts
head_refit            heads that predict from quantized states what they predicted from exact ones
quantize              these steps together, for a bundle
quantization_report   the official scores before and after
"""

from training.quantization.calibration_texts import CalibrationTexts, read_calibration_texts
from training.quantization.post_training import require_nncf
from training.quantization.quantization_report import QuantizationReport, compare_bundles
from training.quantization.quantize import CalibratedBody, QuantizedBundle, quantize_body, refit_heads

__all__ = [
    "CalibratedBody",
    "CalibrationTexts",
    "QuantizationReport",
    "QuantizedBundle",
    "compare_bundles",
    "quantize_body",
    "read_calibration_texts",
    "refit_heads",
    "require_nncf",
]
