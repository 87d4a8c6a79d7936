"""Public names of a package that are imported when they are first used.

`import models` must stay quick, and serving must not import transformers. So a package whose modules need
torch or transformers lists its names here instead of importing them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def lazy_names(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Return a `__getattr__` for a package (PEP 562).

    Args:
        package: its `__name__`.
        modules: for each module of the package, such as "heads", the public names that it defines.
    """
    module_of = {name: f"{package}.{module}" for module, names in modules.items() for name in names}

    def import_name(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(module_of[name]), name)

    return import_name
