"""The PTs of the default bundle, which the package has without a release of MedDRA."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def packaged_pt_names() -> Mapping[str, str]:
    """Return the names of the PTs of the default bundle, by their codes."""
    data = (files("models") / "bundles" / "default" / "labels.json").read_bytes()
    return {label["ptid"]: label["pt_name"] for label in json.loads(data)}
