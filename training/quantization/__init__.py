"""A bundle's body in 8-bit integers: calibrated, its heads refitted, and judged beside the exact one.

texts           what is calibrated on, and what judges
graph           the body as a graph of OpenVINO, in fp32
post_training   that graph quantized by NNCF, on calibration texts
head_states     what the heads read, from exact and from quantized bodies
refit_head           heads that give on quantized states what they gave on exact ones
quantize        all of it, for a bundle                     verdict     whether it is good enough
"""

from training.quantization.calibration_texts import read_calibration_texts
from training.quantization.quantization_report import QuantizationReport, compare_bundles
from training.quantization.quantize import QuantizedBundle, quantize_body, refit_heads

__all__ = [
    "QuantizedBundle",
    "QuantizationReport",
    "compare_bundles",
    "read_calibration_texts",
    "refit_heads",
    "quantize_body",
]
