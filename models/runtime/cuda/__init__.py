"""The engine on a GPU: a lane is a stream with inputs of its own, and a micro-batch is one graph.

`padded` and `varlen` are attention, `buckets` says which sizes there are, `inputs` and `front` run the layers
that all heads share by a captured `graph`, `stream_lane` is what the engine talks to, and `memory` says what
that takes. See `docs/performance.md`.
"""

from models.runtime.cuda.gpu_attention import PaddedAttention, VarlenAttention, has_varlen_kernel
from models.runtime.cuda.stream_lane import StreamLane

__all__ = ["PaddedAttention", "StreamLane", "VarlenAttention", "has_varlen_kernel"]
