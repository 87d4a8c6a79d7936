"""Names of fields that the user chose: columns of a table, or paths in a JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339

MISSING: Final = object()
"""What `value_at` returns if there is no value: equal to nothing else."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Where each field of the contract is; None to look for one of the usual names.

    A name is the title of a column, or the name of a field of a JSON object. Dots lead into nested objects,
    and a number is an index of an array: `user.screen_name`, `entries.0.body`.
    """

    id: str | None = None
    text: str | None = None
    author_id: str | None = None
    created_at: str | None = None
    lang: str | None = None

    @property
    def empty(self) -> bool:
        """True if the user chose no name."""
        return not self.chosen

    @property
    def chosen(self) -> dict[str, str]:
        """The chosen name of each field of the contract that has one."""
        names = {field.name: getattr(self, field.name) for field in fields(self)}
        return {field: name for field, name in names.items() if name is not None}

    def apply(self, document: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return `fields` with those that the user chose replaced by the values that a JSON object has there.

        A chosen field that the object does not have is removed: the post then lacks it, or is refused.
        """
        mapped = dict(fields)
        if self.text is not None:
            # The source knows whether its own text is HTML. Whether the chosen one is must be detected.
            mapped.pop("html", None)
        for field, path in self.chosen.items():
            value = value_at(document, path)
            if value is MISSING:
                mapped.pop(field, None)
            else:
                mapped[field] = to_rfc3339(value) if field == "created_at" else value
        return mapped


def value_at(document: Any, path: str) -> Any:
    """Return the value at a path with dots, or `MISSING`.

    A field whose own name has dots is preferred, as in tables that were made from nested objects.
    """
    if isinstance(document, Mapping) and path in document:
        return document[path]
    name, dot, rest = path.partition(".")
    if isinstance(document, Mapping) and name in document and dot:
        return value_at(document[name], rest)
    if isinstance(document, list) and name.isdecimal() and int(name) < len(document):
        return value_at(document[int(name)], rest) if dot else document[int(name)]
    return MISSING
