"""The errors of the monitor, and who has to act on each.

MonitorError
├── SettingsError       a setting is wrong: the user corrects it and starts again
├── EmbeddedError       a part of the embedded stack cannot start, or its data folder cannot be used
├── FeedError           (in `feed`) a file cannot be read: the user corrects the command
├── ConnectError        (in `connect`) a platform refuses, or an option is wrong: the user corrects it
├── ReplayError         (in `deadletters`) a replay is impossible as requested: the user corrects the command
├── BackupError         (in `cli`) a backup cannot be made, read or restored
├── ExportError         (in `exports`) an export is impossible, or its file cannot be written
├── E2bError            (in `exports`) an E2B(R3) file or schema cannot be used, or no case can be written
├── UnknownCaseError    (in `store`) no case has this id: the user corrects the command
├── ReviewError         (in `store`) an item, a verdict or a sample is impossible: the user corrects it
├── RulesError          (in `alerts`) the rules file is wrong: the user corrects it
├── AuthorKeyError      (in `compliance`) the hashes of a key cannot be forgotten as requested
├── ScrubError          (in `deadletters`) the broker does not allow the deletion of letters: grant it
├── PoisonError         no retry will make this message usable: send it to the dead letters and go on
├── RetryableError      a dependency is away: wait and try again
└── FatalError          going on would lose or duplicate data: stop the process, and a supervisor restarts it
    └── SchemaRevisionError   the database is at another revision than this code needs

Every message names the value, the place and what to do. The command line prints it without a traceback.
"""


class MonitorError(Exception):
    """Root of the tree. Its message is written for the user.

    Attributes:
        fact: what happened, and where.
        advice: what to do about it; empty where `fact` says that, too.
    """

    def __init__(self, fact: str, advice: str = "") -> None:
        super().__init__(f"{fact}: {advice}" if advice else fact)
        self.fact = fact
        self.advice = advice


class SettingsError(MonitorError):
    """A setting is missing, has the wrong type, or is out of range."""


class EmbeddedError(MonitorError):
    """A part of the embedded stack cannot be started, or its data folder cannot be used."""


class PoisonError(MonitorError):
    """A message that no retry will make usable.

    Attributes:
        reason: a short, stable word for metrics and headers, such as "not-json".
        detail: which field is wrong, and how; never what the tweet said.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RetryableError(MonitorError):
    """A dependency did not answer. The same call may succeed later."""


class FatalError(MonitorError):
    """A failure that only a restart or a person can fix."""


class SchemaRevisionError(FatalError):
    """The database is at another alembic revision than this code needs."""
