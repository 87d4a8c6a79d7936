"""Training the retriever, which brings phrases near the names of their PTs, and fitting its fusions.

retriever_config   the settings
retriever_data     queries: phrases, and names that serve as phrases; typing errors
negatives          the names that a mini-batch is compared with; hard negatives
vectors            vectors of phrases and names, from kept states of the layers below the retriever
contrastive_epoch  the InfoNCE loss, and one epoch
retriever_trainer  the retriever as a model of `training.loop.trainer`
fusion_fit         the weights of retrieval and hybrid, by likelihood
fusion_evaluation  how good these weights are, and the threshold of a code
"""

from training.retrieval.fusion_fit import FittedFusions, fit_fusions
from training.retrieval.retriever_config import RetrieverConfig
from training.retrieval.retriever_trainer import TrainedRetriever, train_retriever

__all__ = ["FittedFusions", "RetrieverConfig", "TrainedRetriever", "fit_fusions", "train_retriever"]
