"""Step two, forward: token ids to probabilities, at the speed of the hardware.

`packing` lays texts out without padding, `gemm`, `attention` and `layer` run BERT's layers on that,
`packed_network` is the multi-task network made of them, `lanes` are the threads that it runs in, and `engine`
is what the rest of the package asks.
"""

from models.device import Precision, resolve_precision
from models.runtime.engine import Engine, TweetScores

__all__ = ["Engine", "Precision", "TweetScores", "resolve_precision"]
