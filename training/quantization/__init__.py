"""A bundle's body in 8-bit integers: calibrated, its heads refitted, and judged beside the exact one.

texts           what is calibrated on, and what judges
graph           the body as a graph of OpenVINO, in fp32
post_training   that graph quantized by NNCF, on calibration texts
head_states     what the heads read, from exact and from quantized bodies
refit           heads that give on quantized states what they gave on exact ones
quantize        all of it, for a bundle                     verdict     whether it is good enough
"""

from training.quantization.quantize import Quantized, refit_heads, round_body
from training.quantization.texts import read_division
from training.quantization.verdict import Verdict, compare

__all__ = ["Quantized", "Verdict", "compare", "read_division", "refit_heads", "round_body"]
