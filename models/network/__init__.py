"""The multi-task network of the paper (section 3.2): its heads, its shape, and its modules in training.

heads       the table of heads
shape       sizes, and the names and shapes of all tensors
weights     tensors by name, without modules
encoder_layer       a layer of any encoder, with its parameters
encoder_model       embeddings and layers
relative_positions  MPNet's position bias
exit_head   what settles clear negatives after a lower layer
layers      run layers, for all tokens or for [CLS] alone
trunk       the frozen part
multitask   the whole network
retriever   vectors of spans and names
vote        from logits to a probability

Names are imported when they are first used: `heads` and `shape` work without torch.
"""

from typing import TYPE_CHECKING

from models.lazy_names import lazy_names

if TYPE_CHECKING:
    from models.network.encoder_layer import EncoderLayer
    from models.network.encoder_model import EncoderModel
    from models.network.exit_head import ExitHead, exit_shapes, highest_exit
    from models.network.heads import CLASSIFIER, EXTRACTOR, HEAD_OF, HEADS, NORMALIZER, TASKS, Head, Task
    from models.network.layers import run_layers, run_layers_to_cls
    from models.network.multitask import EnsembleMember, MultiTaskNetwork
    from models.network.relative_positions import position_bias_of
    from models.network.retriever import Retriever
    from models.network.shape import Activation, Architecture, ModelType, NetworkShape, Pooling, Shape
    from models.network.trunk import FrozenTrunk
    from models.network.vote import Decision, Vote
    from models.network.weights import Affine, NetworkPart, NetworkWeights, tensor_mismatches
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "encoder_layer": ("EncoderLayer",),
            "encoder_model": ("EncoderModel",),
            "exit_head": ("ExitHead", "exit_shapes", "highest_exit"),
            "heads": ("CLASSIFIER", "EXTRACTOR", "HEADS", "HEAD_OF", "NORMALIZER", "TASKS", "Head", "Task"),
            "layers": ("run_layers", "run_layers_to_cls"),
            "multitask": ("EnsembleMember", "MultiTaskNetwork"),
            "retriever": ("Retriever",),
            "shape": ("Activation", "Architecture", "ModelType", "NetworkShape", "Pooling", "Shape"),
            "relative_positions": ("position_bias_of",),
            "trunk": ("FrozenTrunk",),
            "vote": ("Decision", "Vote"),
            "weights": ("Affine", "NetworkPart", "NetworkWeights", "tensor_mismatches"),
        },
    )

__all__ = [
    "CLASSIFIER",
    "EXTRACTOR",
    "HEADS",
    "HEAD_OF",
    "NORMALIZER",
    "TASKS",
    "Activation",
    "Affine",
    "Architecture",
    "Decision",
    "EncoderLayer",
    "EncoderModel",
    "EnsembleMember",
    "ExitHead",
    "FrozenTrunk",
    "Head",
    "ModelType",
    "MultiTaskNetwork",
    "NetworkPart",
    "NetworkShape",
    "NetworkWeights",
    "Pooling",
    "Retriever",
    "Shape",
    "Task",
    "Vote",
    "exit_shapes",
    "highest_exit",
    "position_bias_of",
    "run_layers",
    "run_layers_to_cls",
    "tensor_mismatches",
]
