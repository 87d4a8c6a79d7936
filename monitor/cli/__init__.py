"""The command `ade-monitor`: one file per subcommand, and the way all of them fail."""

from __future__ import annotations

import sys

from models import ModelError
from monitor.cli.console import say_error, speak_any_language
from monitor.errors import MonitorError

__all__ = ["main"]


def main() -> None:
    """Run `ade-monitor`; a user's mistake prints one message on stderr and ends with status 1."""
    from monitor.cli.app import app

    speak_any_language()
    try:
        app()
    except (MonitorError, ModelError) as error:
        say_error(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
