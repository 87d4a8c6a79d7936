"""OpenVINO, where it is installed: the one place that imports it."""

from __future__ import annotations

import importlib
import sys
from typing import Any, cast

from models.errors import ModelError

EXTRA = "pip install 'ade-monitor[openvino]'"


def openvino_runtime() -> Any:
    """Import OpenVINO without its telemetry.

    As it comes, importing it reports that over the network, and writes an identifier into the home directory.
    A program that reads what people say of their health does neither, so its telemetry is kept from being
    imported; OpenVINO then does without, as where that package is not installed.

    Raises:
        ModelError: it is not installed, or does not work on this machine.
    """
    cast(dict[str, Any], sys.modules).setdefault("openvino_telemetry", None)
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise ModelError(
            f"a quantized bundle runs by OpenVINO, which cannot be imported ({error}): run `{EXTRA}`, or use "
            "the bundle that it was quantized from"
        ) from None
