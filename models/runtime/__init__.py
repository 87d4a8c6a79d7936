"""The forward pass: token ids to probabilities and vectors, without padding and without transformers.

engine          what the rest of the package calls
placement       what depends on the device
lanes           threads that compute one micro-batch each
packed_network  the multi-task network on packed tokens
exit_on_tokens  the head of an early exit
layer, gemm, attention  BERT's layers
precision_trial the precision of products, measured
packing         micro-batches without padding
cuda            the same on a GPU
int8            a quantized body
"""

from models.device import Precision, resolve_precision
from models.runtime.attention import GroupedAttention
from models.runtime.engine import Engine, TweetScores
from models.runtime.packed_network import AfterExit, PackedNetwork, SharedStates
from models.runtime.packing import PackedBatch, PaddedTexts, micro_batches, pack_batch
from models.runtime.precision_trial import PrecisionTrial, choose_precision

__all__ = [
    "AfterExit",
    "Engine",
    "GroupedAttention",
    "PackedBatch",
    "PackedNetwork",
    "PaddedTexts",
    "Precision",
    "PrecisionTrial",
    "SharedStates",
    "TweetScores",
    "choose_precision",
    "micro_batches",
    "pack_batch",
    "resolve_precision",
]
