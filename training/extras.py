"""Packages of the extra `train`, checked before the work that needs them."""

from __future__ import annotations

from importlib import import_module

from training.errors import RunError


def require(package: str, what: str) -> None:
    """Check that a package of the extra `train` is installed.

    Args:
        package: its import name.
        what: what needs it, in the plural, for the message: "curves".

    Raises:
        RunError: it is not installed.
    """
    try:
        import_module(package)
    except ImportError:
        raise RunError(
            f"{what} need {package}, which is not installed: run pip install 'ade-monitor[train]'"
        ) from None
