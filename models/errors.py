"""What can go wrong with models.

ModelError
├── BundleError        a bundle's file is missing, damaged, or does not fit the others
├── TerminologyError   a file of a MedDRA release is missing, or a row of it is malformed
└── TrunkError         the pretrained encoder cannot be found, or is not the one the bundle was trained on

Every message names the value, the place and the mend.
"""


class ModelError(Exception):
    """Anything that keeps a model from being loaded or used; its message is for the user."""


class BundleError(ModelError):
    """A file of a bundle is missing, damaged, or contradicts another one."""


class TerminologyError(ModelError):
    """A file of a MedDRA release is missing, damaged, or contradicts another one."""


class TrunkError(ModelError):
    """The pretrained encoder under a bundle cannot be found or has other weights than expected."""
