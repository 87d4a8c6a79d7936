"""What can go wrong in training.

TrainingError
├── CorpusError     a corpus file is missing, or a row of it is malformed
└── RunError        a run cannot start or go on: nonsense settings, another run's folder

Every message names the value, the place and the mend.
"""


class TrainingError(Exception):
    """Anything that keeps a training from being done; its message is for the user."""


class CorpusError(TrainingError):
    """A corpus file is missing, or one of its rows is malformed."""


class RunError(TrainingError):
    """A run's settings make no sense, or its folder holds something else."""
