"""How much of a GPU's memory a lane takes, before it is taken."""

from __future__ import annotations

from collections.abc import Sequence

from models.engine.cuda.buckets import Bucket
from models.network_shape import NetworkShape


def lane_bytes(shape: NetworkShape, sizes: Sequence[Bucket]) -> int:
    """Say what a lane takes at most in bfloat16, beside the weights, for batches up to the largest size.

    Three parts:

    - the front, where the feed-forward part is at its widest: for each token and unit of width 4 bytes of
      what came in, of what attention made of it and of the trunk's states, 2 for copies in bfloat16, and
      twice 2 for the wide product, before and after its activation. The graphs of a lane share this.
    - what the graphs of all sizes gave, at most two states of 4 bytes for each token.
    - the heads: texts padded to at most the double, and what [CLS] seeks and sees with each head of each
      classifier, in fp32; after them the Extractor, if need be on all texts.

    The allocator's rounding and gaps come on top, and CUDA itself once for each process.
    """
    tokens = max(size.tokens for size in sizes)
    texts = max(size.texts for size in sizes)
    front = tokens * (14 * shape.hidden + 4 * shape.wide)
    given = sum(size.tokens for size in sizes) * 8 * shape.hidden
    votes = 12 * tokens * shape.hidden + 10 * texts * shape.heads * shape.classifiers * shape.hidden
    extraction = tokens * (10 * shape.hidden + 4 * shape.wide)
    return front + given + max(votes, extraction)
