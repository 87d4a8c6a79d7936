"""The engine on a GPU: a lane is a stream with its own inputs, and computes a micro-batch by one graph.

buckets        sizes of micro-batches, and the inputs of a graph of each size
gpu_attention  attention by the varlen kernel, or by rectangles
graphs         the shared states by captured CUDA graphs
stream_lane    the lane, and the memory that it takes

See `docs/performance.md`.
"""

from models.runtime.cuda.buckets import make_buckets, max_texts
from models.runtime.cuda.gpu_attention import PaddedAttention, VarlenAttention, has_varlen_kernel
from models.runtime.cuda.stream_lane import StreamLane, estimate_lane_bytes

__all__ = [
    "PaddedAttention",
    "StreamLane",
    "VarlenAttention",
    "estimate_lane_bytes",
    "has_varlen_kernel",
    "make_buckets",
    "max_texts",
]
