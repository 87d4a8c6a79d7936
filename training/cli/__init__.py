"""The command `ade-train`: one file per subcommand, and one way to report errors.

`app` puts the subcommands together, `options` has the options that they share, `console` writes what they
print, `progress` shows how far long ones are, and `advice` has what users can do about problems with models.
"""

from __future__ import annotations

import sys

from models.disk import no_room_message
from models.errors import ModelError, message_with_advice
from training.errors import TrainingError

__all__ = ["main"]


def main() -> None:
    """Run `ade-train`; print errors as one message on stderr and exit with status 1."""
    from training.cli.app import app
    from training.cli.console import print_error, replace_unencodable

    replace_unencodable()
    try:
        app()
    except TrainingError as error:
        print_error(str(error))
        sys.exit(1)
    except ModelError as error:
        from training.cli.advice import ADVICE

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
