"""The body of a network in 8-bit integers, by OpenVINO.

`ir` is what a bundle carries of it, `runtime` brings OpenVINO in, and `body` runs it on packed micro-batches.
"""

from models.runtime.int8.body import QuantizedBody
from models.runtime.int8.ir import BodyIr

__all__ = ["BodyIr", "QuantizedBody"]
