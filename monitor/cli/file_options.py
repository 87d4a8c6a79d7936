"""The options of the commands that read files of posts, `feed` and `score`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from monitor.cli.options import mistakes_as_usage
from monitor.errors import MonitorError
from monitor.feed import FieldMapping, ReadOptions, normalized_encoding, parse_date_order, parse_delimiter

_FIELDS: Final = "Fields with unusual names"
_TABLES: Final = "Tables"

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE",
        readable=False,  # checked when it is opened, so that one bad file does not stop the others
        help="Files, folders and archives; - is standard input. May be packed: gzip, bzip2, xz, zstd, zip, "
        "tar.",
        show_default=False,
    ),
]
FormatName = Annotated[
    str,
    typer.Option(
        "--format", help="Format of the files, or of their JSON objects; `ade-monitor formats` lists them."
    ),
]
IdField = Annotated[
    str | None, typer.Option("--id-field", "--id-column", rich_help_panel=_FIELDS, help="Id of the post.")
]
TextField = Annotated[
    str | None,
    typer.Option(
        "--text-field",
        "--text-column",
        rich_help_panel=_FIELDS,
        help="Text; a.b is a field of an inner object.",
    ),
]
AuthorField = Annotated[
    str | None,
    typer.Option("--author-field", "--author-column", rich_help_panel=_FIELDS, help="Id of the author."),
]
DateField = Annotated[
    str | None,
    typer.Option(
        "--date-field", "--date-column", rich_help_panel=_FIELDS, help="Date of the post, in any notation."
    ),
]
LangField = Annotated[
    str | None, typer.Option("--lang-field", "--lang-column", rich_help_panel=_FIELDS, help="Language.")
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter", rich_help_panel=_TABLES, help="Separates the columns, such as ; or tab. Detected."
    ),
]
SkipLines = Annotated[
    int,
    typer.Option("--skip-lines", min=0, rich_help_panel=_TABLES, help="Lines before the header to skip."),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", rich_help_panel=_TABLES, help="Such as utf-16 or cp1252. Detected."),
]
Quotes = Annotated[
    bool,
    typer.Option("--quotes/--no-quotes", rich_help_panel=_TABLES, help="Whether fields may be quoted."),
]
DateOrder = Annotated[
    str | None,
    typer.Option("--date-order", rich_help_panel=_TABLES, help="dmy or mdy, for dates such as 03/04/2026."),
]
AcceptRoundedIds = Annotated[
    bool,
    typer.Option(
        "--accept-rounded-ids", rich_help_panel=_TABLES, help="Read a table whose ids look rounded."
    ),
]


def read_options_of(
    fields: FieldMapping,
    delimiter: str | None,
    skip_lines: int,
    encoding: str | None,
    *,
    quotes: bool,
    date_order: str | None,
    accept_rounded_ids: bool,
) -> ReadOptions:
    """Return how to read the files of a command.

    Raises:
        typer.BadParameter: a value is impossible.
    """
    with mistakes_as_usage(MonitorError):
        delimiter = None if delimiter is None else parse_delimiter(delimiter)
        encoding = None if encoding is None else normalized_encoding(encoding)
        date_order = None if date_order is None else parse_date_order(date_order)
    return ReadOptions(
        mapping=fields,
        delimiter=delimiter,
        skip_lines=skip_lines,
        encoding=encoding,
        quotes=quotes,
        date_order=date_order,
        accept_rounded_ids=accept_rounded_ids,
    )
