"""The body of a network in 8-bit integers, run by OpenVINO on a CPU.

openvino_runtime   imports OpenVINO, and checks what the processor does with 8-bit products
body_ir            the graph that a bundle carries, cut into segments where attention comes in
body               runs these segments on packed micro-batches
"""

from models.runtime.int8.body import QuantizedBody, body_layers
from models.runtime.int8.body_ir import BodyIr, Port, SegmentPorts
from models.runtime.int8.openvino_runtime import import_openvino, products_overflow

__all__ = [
    "BodyIr",
    "Port",
    "QuantizedBody",
    "SegmentPorts",
    "body_layers",
    "import_openvino",
    "products_overflow",
]
