"""The options that several commands share, so that each is named and explained in one way."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.feed.formats import Format

_TABLES = "Tables with a header (csv, tsv)"

Topic = Annotated[str | None, typer.Option("--topic", help="The topic of the tweets (setting kafka.topic).")]
Bootstrap = Annotated[
    str | None,
    typer.Option("--bootstrap", help="host:port of the brokers (setting kafka.bootstrap_servers)."),
]
Bundle = Annotated[
    str | None, typer.Option("--bundle", help="Bundle folder, `default` or `dummy` (setting model.bundle).")
]
Device = Annotated[
    str | None, typer.Option("--device", help="auto, cpu, cuda or cuda:N (setting model.device).")
]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads (setting model.threads).")]
Precision = Annotated[
    str | None,
    typer.Option(help="fp32, bf16, or auto: bf16 where it is faster (setting model.precision)."),
]
CacheEntries = Annotated[
    int | None,
    typer.Option(
        "--cache", min=0, help="Answers kept for texts that come again, 0: none (setting model.cache)."
    ),
]
NormalizerChoice = Annotated[
    str | None,
    typer.Option(
        "--normalizer",
        help="classifier, retrieval or hybrid, instead of the bundle's choice (setting model.normalizer).",
    ),
]

FileFormat = Annotated[
    Format | None, typer.Option("--format", help="By default told by the extension and the first line.")
]
IdColumn = Annotated[
    str | None, typer.Option("--id-column", rich_help_panel=_TABLES, help="Column of the tweet's id.")
]
TextColumn = Annotated[
    str | None, typer.Option("--text-column", rich_help_panel=_TABLES, help="Column of the text.")
]
AuthorColumn = Annotated[
    str | None, typer.Option("--author-column", rich_help_panel=_TABLES, help="Column of the author's id.")
]
DateColumn = Annotated[
    str | None,
    typer.Option(
        "--date-column",
        rich_help_panel=_TABLES,
        help="Column of the date: RFC 3339, or that of API v1.1.",
    ),
]
LangColumn = Annotated[
    str | None, typer.Option("--lang-column", rich_help_panel=_TABLES, help="Column of the language.")
]
Quotes = Annotated[
    bool,
    typer.Option("--quotes/--no-quotes", rich_help_panel=_TABLES, help="Whether fields may be quoted."),
]
