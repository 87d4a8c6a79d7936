"""The command `ade-monitor`: one file per subcommand, and one way to report errors.

`app` puts the subcommands together, `options` has the options that they share, and `console` writes what they
print.
"""

from __future__ import annotations

import os
import sys

from models import ModelError
from models.disk import no_room_message
from monitor.errors import MonitorError

__all__ = ["OPENMP_SETTINGS", "main"]

# An idle thread of OpenMP must sleep instead of spinning: on a shared machine, two spinning threads keep each
# other from the cores that they wait for. PyTorch reads this when it is loaded, so it is set before that.
OPENMP_SETTINGS = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


def main() -> None:
    """Run `ade-monitor`; print errors as one message on stderr and exit with status 1."""
    for name, value in OPENMP_SETTINGS.items():
        os.environ.setdefault(name, value)
    from monitor.cli.app import app
    from monitor.cli.console import print_error, print_traceback, use_utf8

    use_utf8()
    sys.excepthook = print_traceback
    try:
        app()
    except MonitorError as error:
        print_error(str(error))
        sys.exit(1)
    except ModelError as error:
        from models.errors import message_with_advice
        from monitor.advice import ADVICE

        print_error(message_with_advice(error, ADVICE))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        message = no_room_message(error)
        if message is None:
            raise
        print_error(message)
        sys.exit(1)
