"""Errors of training.

TrainingError
├── CorpusError     a corpus file is missing, or one of its rows is malformed
└── RunError        a run cannot start or go on: invalid settings, or the folder of another run
    └── NothingToLearnError     the data has nothing that a retriever can learn from

Every message names the value and the place, and says what to do.
"""


class TrainingError(Exception):
    """Anything that prevents a training; its message is for the user."""


class CorpusError(TrainingError):
    """A corpus file is missing, or one of its rows is malformed."""


class RunError(TrainingError):
    """The settings of a run are invalid, or its folder holds something else."""


class NothingToLearnError(RunError):
    """The data has nothing that a retriever can learn from."""
