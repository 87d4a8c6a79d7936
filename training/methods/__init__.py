"""The configurations of the paper and ours: from annotated texts to a bundle.

training_run  where a training runs: folders, kept states, processes, callback
datasets      the tokenizer, the Normalizer's classes, D_1 to D_3, and the retriever's phrases
mixing        corpora that are mixed in by share
validation    scoring networks on the validation texts
networks      the networks of a method, each trained once
boosting      further classifiers of an ensemble
start         a bundle to start from, in place of a pretrained encoder
compact       low-rank adapters, for a bundle that is small
retrieval     the retriever, its dictionary and its fusions
trained_model the networks joined into one, with the retriever
method        all of it in order, and the bundle
"""

from training.methods.datasets import Datasets, RetrievalPhrases, make_tokenizer, prepare_datasets
from training.methods.method import TrainedBundle, require_trainable, train_method
from training.methods.mixing import add_mixes, read_mixes
from training.methods.trained_model import TrainedModel, train_model
from training.methods.training_run import TrainingRun, effective_method, open_synonyms, prepare_process
from training.methods.validation import Evaluator

__all__ = [
    "Datasets",
    "Evaluator",
    "RetrievalPhrases",
    "TrainedBundle",
    "TrainedModel",
    "TrainingRun",
    "add_mixes",
    "effective_method",
    "make_tokenizer",
    "open_synonyms",
    "prepare_datasets",
    "prepare_process",
    "read_mixes",
    "require_trainable",
    "train_method",
    "train_model",
]
