"""The training loop: Algorithm 1 of the paper, and the trainer that runs it and resumes it.

config          the settings of Algorithm 1, and checks of settings
inputs          tokenized texts, stored without padding
task_data       D_1, D_2 and D_3: inputs with their targets, and mini-batches
objective       the loss of each task (Equations 2 and 3) and its gradients
adversarial     gradients under the worst small perturbation
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
)
from training.loop.inputs import Inputs
from training.loop.multitask_training import Validate, Validation, train_multitask
from training.loop.optimization import (
    layerwise_rates,
    make_optimizer,
    network_optimizer,
    rate_factor,
    set_learning_rates,
)
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory, join_processes
from training.loop.states import KEEP_LIMIT, KeepIn, KeptStates
from training.loop.task_data import (
    TaskData,
    classifier_data,
    extractor_data,
    normalizer_data,
    normalizer_labels,
)
from training.loop.trainer import EpochScore, Trainee, train_epochs
from training.loop.training_state import StateFolder, fingerprint
from training.loop.trunk_states import trunk_key

__all__ = [
    "AT_LEAST_ONE",
    "FRACTION",
    "KEEP_LIMIT",
    "NOT_NEGATIVE",
    "POSITIVE",
    "RATIO",
    "SINGLE_PROCESS",
    "CallbackList",
    "EpochScore",
    "Inputs",
    "KeepIn",
    "KeptStates",
    "NullCallback",
    "Processes",
    "StateFolder",
    "TaskData",
    "Trainee",
    "TrainingCallback",
    "TrainingConfig",
    "Validate",
    "Validation",
    "ValueRange",
    "check_ranges",
    "classifier_data",
    "explain_out_of_memory",
    "extractor_data",
    "fingerprint",
    "join_processes",
    "layerwise_rates",
    "make_optimizer",
    "network_optimizer",
    "network_steps",
    "normalizer_data",
    "normalizer_labels",
    "rate_factor",
    "set_dropout",
    "set_learning_rates",
    "task_probabilities",
    "train_epoch",
    "train_epochs",
    "train_multitask",
    "trunk_key",
]
