"""What a user must correct before E2B(R3) messages can be written or checked."""

from __future__ import annotations

import importlib

from monitor.errors import MonitorError


class E2bError(MonitorError):
    """A file cannot be read, a schema cannot be used, or a case cannot be written as a message."""


class UnusableFileError(E2bError):
    """A file or a schema that an option names cannot be used: the user names another one."""


def require_lxml() -> None:
    """Check that lxml, of the extra `exports`, is installed.

    Raises:
        E2bError: it is missing.
    """
    try:
        importlib.import_module("lxml.etree")
    except ImportError:
        raise E2bError("E2B(R3) needs lxml", "run `pip install 'ade-monitor[exports]'`") from None
