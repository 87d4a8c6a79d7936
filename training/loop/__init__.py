"""The training loop: Algorithm 1 of the paper, and the trainer that runs it and resumes it.

config          the settings of Algorithm 1, and checks of settings
inputs          tokenized texts, stored without padding
text_windows    the windows and contexts of training texts
task_data       D_1, D_2 and D_3: inputs with their targets, and mini-batches
soft_targets    what a teacher thinks of the inputs, next to their targets
soft_loss       the loss on soft targets
word_relations  what a teacher's states say about the words of a text, and the loss on it
sampling_rates  how often an epoch takes each input, where corpora are mixed
joined_tasks    data sets put together
objective       the loss of each task (Equations 2 and 3) and its gradients
adversarial     gradients under the worst small perturbation
adapted_layers  low-rank adapters in place of whole layers
exit_supervision  a loss after a lower layer, so that an early exit can follow it
optimization    AdamW, a learning rate for each layer, and the schedule
algorithm1      the steps of one epoch
trainer         all epochs: validate, keep the best, save, resume
multitask_training  a multi-task network as the trainer's model
training_state  what is saved after each epoch
states          the outputs of the frozen trunk, computed once and kept
trunk_states    how they are computed, by one process or several
state_store     where they are kept: in memory or in files
processes       the processes that train one network together
callbacks       events for progress bars and logs
"""

from training.loop.adapted_layers import AdaptedNetwork, adapt_layers, adapter_tensors, merge_layers
from training.loop.algorithm1 import network_steps, set_dropout, task_probabilities, train_epoch
from training.loop.callbacks import CallbackList, NullCallback, TrainingCallback
from training.loop.config import (
    AT_LEAST_ONE,
    FRACTION,
    NOT_NEGATIVE,
    POSITIVE,
    RATIO,
    TrainingConfig,
    ValueRange,
    check_ranges,
    identifying_settings,
)
from training.loop.exit_supervision import require_exit_layer
from training.loop.inputs import Inputs
from training.loop.joined_tasks import join_task_data, join_tasks, mix_tasks
from training.loop.multitask_training import Validate, Validation, train_multitask
from training.loop.optimization import (
    layerwise_rates,
    make_optimizer,
    network_optimizer,
    rate_factor,
    set_learning_rates,
)
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory, join_processes
from training.loop.sampling_rates import SamplingRates
from training.loop.soft_targets import Distribution, SoftBatch, SoftTargets, binary_distribution
from training.loop.states import KEEP_LIMIT, KeepIn, KeptStates
from training.loop.task_data import (
    IGNORED,
    TaskData,
    classifier_data,
    extractor_data,
    normalizer_data,
    normalizer_labels,
)
from training.loop.text_windows import drop_contexts, window_examples
from training.loop.trainer import EpochScore, Trainee, train_epochs
from training.loop.training_state import StateFolder, fingerprint
from training.loop.trunk_states import trunk_key
from training.loop.word_relations import (
    FEWEST_WORDS,
    UNKNOWN,
    InputRelations,
    Relations,
    WordRelations,
    mean_relations,
    relations_of,
    tokens_of_words,
)

__all__ = [
    "AT_LEAST_ONE",
    "FEWEST_WORDS",
    "FRACTION",
    "IGNORED",
    "KEEP_LIMIT",
    "NOT_NEGATIVE",
    "POSITIVE",
    "RATIO",
    "SINGLE_PROCESS",
    "UNKNOWN",
    "AdaptedNetwork",
    "CallbackList",
    "Distribution",
    "EpochScore",
    "InputRelations",
    "Inputs",
    "KeepIn",
    "KeptStates",
    "NullCallback",
    "Processes",
    "Relations",
    "SamplingRates",
    "SoftBatch",
    "SoftTargets",
    "StateFolder",
    "TaskData",
    "Trainee",
    "TrainingCallback",
    "TrainingConfig",
    "Validate",
    "Validation",
    "ValueRange",
    "WordRelations",
    "adapt_layers",
    "adapter_tensors",
    "binary_distribution",
    "check_ranges",
    "classifier_data",
    "drop_contexts",
    "explain_out_of_memory",
    "extractor_data",
    "fingerprint",
    "identifying_settings",
    "join_processes",
    "join_task_data",
    "join_tasks",
    "layerwise_rates",
    "make_optimizer",
    "mean_relations",
    "merge_layers",
    "mix_tasks",
    "network_optimizer",
    "network_steps",
    "normalizer_data",
    "normalizer_labels",
    "rate_factor",
    "relations_of",
    "require_exit_layer",
    "set_dropout",
    "set_learning_rates",
    "task_probabilities",
    "tokens_of_words",
    "train_epoch",
    "train_epochs",
    "train_multitask",
    "trunk_key",
    "window_examples",
]
