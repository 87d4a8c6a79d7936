"""`ade-train prepare`: a corpus of any format in, checked splits out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from models.terminology import read_release
from training.cli.stopping import told_when_stopped
from training.cli.tables import corpus_table, log_table, print_table
from training.corpora.preparation import FORMATS, Preparation, prepare
from training.corpora.prepared import refuse_to_clobber, write_corpus
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError


def prepare_command(
    source: Annotated[Path, typer.Argument(help="The corpus: a file or a folder.")],
    format_: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")],
    out: Annotated[Path, typer.Option(help="Folder for train.jsonl, valid.jsonl, … and corpus.json.")],
    terminology: Annotated[
        Path | None, typer.Option(help="Folder of a MedDRA ASCII release; LLT codes are lifted to PTs by it.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A malformed row is an error.")] = False,
    valid_share: Annotated[float, typer.Option(help="Share of the documents to take for validation.")] = 0.0,
    test_share: Annotated[float, typer.Option(help="Share of the documents to take for the test set.")] = 0.0,
    prevalence: Annotated[
        float | None,
        typer.Option(help="Leave out so many positives, or negatives, that this share is positive."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of that division, which goes by the documents' names.")] = 1,
    document: Annotated[
        str | None,
        typer.Option(help="Pattern whose group in an id names the document, such as '^([^-]+)-'."),
    ] = None,
    keep_shared: Annotated[
        bool, typer.Option("--keep-shared", help="Leave texts in train that valid or test has too.")
    ] = False,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Leave equal texts, annotated alike, in train.")
    ] = False,
    keep_overlaps: Annotated[
        bool, typer.Option("--keep-overlaps", help="Leave overlapping spans in train, not the longest alone.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another prepared corpus at --out.")
    ] = False,
) -> None:
    """Read a corpus, check it and write it as JSON Lines that the other commands take.

    Each offset is checked, LLT codes become PTs, and texts that several splits share are found. Duplicates
    and overlaps are taken out of train alone: valid and test stay as they were annotated. Says what was read,
    dropped or changed, and why.
    """
    refuse_to_clobber(out)
    names = None if terminology is None else read_release(terminology)
    how = Preparation(
        format=format_,
        terminology=names,
        document=None if document is None else _pattern(document),
        valid_share=valid_share,
        test_share=test_share,
        prevalence=prevalence,
        seed=seed,
        keep_shared=keep_shared,
        keep_duplicates=keep_duplicates,
        keep_overlaps=keep_overlaps,
    )
    log = ReadingLog(strict)
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    with told_when_stopped(console):
        with console.status(f"reading {escape(str(source))}"):
            splits = prepare(source, how, log)
        about = {
            "format": format_,
            "source": str(source),
            "terminology": None
            if names is None
            else {
                "folder": str(terminology),
                "version": names.version or None,
                "pts": len(names.pt_names),
                "llts": len(names.llts),
            },
            "document": document,
            "shares": {"valid": valid_share, "test": test_share, "seed": seed},
            "prevalence": prevalence,
            "kept": {"shared": keep_shared, "duplicates": keep_duplicates, "overlaps": keep_overlaps},
        }
        write_corpus(out, splits, log, about=about, overwrite=overwrite)
    print_table(corpus_table(splits))
    print_table(log_table(log, source))
    if names is None and any(span.llt or span.ptid for e in splits.values() for x in e for span in x.spans):
        console.print("codes were taken as they are: with --terminology, LLT codes would be lifted to PTs")
    console.print(f"wrote {escape(str(out))}")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise CorpusError(f"--document {text!r} is no regular expression: {error}") from None
