"""The errors of `models`.

ModelError
├── BundleError        a file of a bundle is missing, damaged, or contradicts another one
├── TerminologyError   a file of a MedDRA release is missing, or one of its rows is malformed
└── TrunkError         the pretrained encoder cannot be found, or is not the one the bundle was trained on

A message names the value, the place, and what to do where that is the same for every caller ("copy the
bundle again"). What to do is often a matter of the program above: which option to correct, which command to
run. Then the error only names its `problem`, and the program adds its advice with `message_with_advice`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Problem(Enum):
    """A problem that each program above `models` solves with options and commands of its own.

    The names in braces are the keys of `ModelError.details`, which advice may refer to.
    """

    UNKNOWN_BUNDLE = auto()
    """No bundle has this name, and no folder this path."""
    PACKAGED_BUNDLE = auto()
    """The bundle ships with the package and cannot be changed in place."""
    NORMALIZER_NEEDS_RETRIEVER = auto()
    """A Normalizer was chosen that needs a retriever, and the bundle has none."""
    TERMINOLOGY_NEEDS_RETRIEVER = auto()
    """A terminology is to be set on a bundle that cannot search one, since it has no retriever."""
    ENCODER_NOT_INSTALLED = auto()
    """The Python package with the encoder's files, {package}, is not installed."""
    ENCODER_NOT_DOWNLOADED = auto()
    """The encoder is not in the local cache of the Hugging Face hub, which cannot be reached."""
    TERMINOLOGY_INDEX_UNREADABLE = auto()
    """The bundle's terminology index is damaged or has an older format."""
    RELEASE_HAS_FAULTS = auto()
    """The MedDRA release in {folder} has more faults than the message names."""
    OPENVINO_NOT_INSTALLED = auto()
    """The bundle is quantized, and OpenVINO, which runs it, cannot be imported."""
    WORKBOOKS_NOT_INSTALLED = auto()
    """A list is a workbook, and python-calamine, which reads it, cannot be imported."""


class ModelError(Exception):
    """Anything that keeps a model from being loaded or used; its message is for the user.

    Attributes:
        problem: what the program above can advise on, or None where the message says it all.
        details: values that this advice may need, by name; see `Problem`.
    """

    def __init__(self, message: str, *, problem: Problem | None = None, **details: object) -> None:
        super().__init__(message)
        self.problem = problem
        self.details = details


class BundleError(ModelError):
    """A file of a bundle is missing, damaged, or contradicts another one."""


class TerminologyError(ModelError):
    """A file of a MedDRA release is missing, damaged, or contradicts another one."""


class TrunkError(ModelError):
    """The pretrained encoder of a bundle cannot be found or has other weights than expected."""


def message_with_advice(error: ModelError, advice: Mapping[Problem, str]) -> str:
    """Return the error's message, followed by what to do about its problem.

    Args:
        error: its `details` replace the names in braces in the advice.
        advice: for each problem, what the user of this program can do, such as "correct --bundle".
    """
    if error.problem is None or error.problem not in advice:
        return str(error)
    message = str(error)
    joint = "; " if ": " in message else ": "  # a second colon would be hard to read
    return f"{message}{joint}{advice[error.problem].format_map(error.details)}"
