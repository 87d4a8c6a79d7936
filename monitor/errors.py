"""What can go wrong in the monitor, and who has to act.

MonitorError
├── SettingsError       a setting is wrong: the user mends it and starts again
├── EmbeddedError       a part of the embedded stack cannot start, or its data folder cannot be used
├── PoisonError         this message will never be read: to the dead letters, and go on
├── RetryableError      a dependency is away for a while: wait and try again
└── FatalError          going on would lose or double data: stop the process, the supervisor restarts it
    └── SchemaRevisionError   the database is not at the revision that the code was written for

Every message names the value, the place and the mend; the CLI prints it without a traceback.
"""


class MonitorError(Exception):
    """Root of the tree; its message is for the user."""


class SettingsError(MonitorError):
    """A setting is missing, of the wrong type or out of range."""


class EmbeddedError(MonitorError):
    """A part of the embedded stack cannot be started, or its data folder cannot be used."""


class PoisonError(MonitorError):
    """A message that no retry will make readable.

    Attributes:
        reason: a short, stable word for metrics and headers, such as "not-json".
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RetryableError(MonitorError):
    """A dependency did not answer; the same call may succeed later."""


class FatalError(MonitorError):
    """Something that only a restart, or a person, can mend."""


class SchemaRevisionError(FatalError):
    """The database is at another alembic revision than the code."""
