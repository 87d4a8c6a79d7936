"""The command `ade-monitor`: one file per subcommand, and the way all of them fail."""

from __future__ import annotations

import os
import sys

from models import ModelError
from monitor.cli.console import say_error, speak_any_language
from monitor.errors import MonitorError

__all__ = ["main"]

# A thread of OpenMP that has nothing to do must sleep, not spin: on a machine that is shared, two that spin
# keep each other from the cores that they wait for. Read when PyTorch is loaded, hence set before that.
PATIENT_THREADS = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


def main() -> None:
    """Run `ade-monitor`; a user's mistake prints one message on stderr and ends with status 1."""
    for name, value in PATIENT_THREADS.items():
        os.environ.setdefault(name, value)
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
