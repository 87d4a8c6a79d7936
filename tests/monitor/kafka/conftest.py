"""Commands in the process of the tests."""

from tests.monitor.cli.conftest import run

__all__ = ["run"]
