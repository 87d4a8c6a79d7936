"""`ade-train prepare`: a corpus of any format in, checked splits out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from models.terminal import terminal_safe
from training.cli.console import err, on_interrupt, print_note, print_table, print_written
from training.cli.corpus_tables import corpus_table, log_table
from training.cli.window_counts import (
    LONGEST_INPUT,
    USUAL_ENCODER,
    CountingEncoder,
    MaxTokens,
    counting_tokenizer,
    report_long_texts,
)
from training.corpora import (
    AUTO,
    FORMATS,
    CorpusOptions,
    OffsetUnit,
    Preparation,
    prepare_corpus,
    recognize_format,
)
from training.errors import CorpusError

_FIELDS: Final = ("text", "label", "id", "context", "document", "tokens", "tags", "spans")


def prepare_command(
    source: Annotated[Path, typer.Argument(help="The corpus: a file or a folder.")],
    out: Annotated[Path, typer.Option(help="Folder for train.jsonl, valid.jsonl, … and corpus.json.")],
    format_: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}; {AUTO} recognizes most of them.")
    ] = AUTO,
    offsets: Annotated[
        OffsetUnit | None,
        typer.Option(help="What the offsets of spans count; by default detected from the spans."),
    ] = None,
    effect_labels: Annotated[
        str,
        typer.Option(
            "--effect-label",
            metavar="NAME,NAME",
            help="Labels of spans or classes that are adverse effects; by default ADE, ADR and the like.",
        ),
    ] = "",
    effect_relations: Annotated[
        str,
        typer.Option(
            "--effect-relation",
            metavar="NAME,NAME",
            help="Relations that lead to an effect; by default Outcome-negative, causes and the like.",
        ),
    ] = "",
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="FIELD=COLUMN",
            help="The column of a field, such as text=post; can be repeated. Usual names are known.",
        ),
    ] = None,
    whole_documents: Annotated[
        bool, typer.Option("--whole-documents", help="Keep long documents whole, instead of cutting them.")
    ] = False,
    terminology: Annotated[
        Path | None, typer.Option(help="Folder of a MedDRA ASCII release, which lifts LLT codes to PTs.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat a malformed row as an error.")] = False,
    valid_share: Annotated[float, typer.Option(help="Share of the documents to take for validation.")] = 0.0,
    test_share: Annotated[float, typer.Option(help="Share of the documents to take for the test set.")] = 0.0,
    prevalence: Annotated[
        float | None,
        typer.Option(help="Leave out positives, or negatives, until this share is positive."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the division of the documents.")] = 1,
    document: Annotated[
        str | None,
        typer.Option(help="Pattern whose group in an id names the document, such as '^([^-]+)-'."),
    ] = None,
    keep_shared: Annotated[
        bool, typer.Option("--keep-shared", help="Leave texts in train that valid or test also has.")
    ] = False,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Leave equal texts with equal annotations in train.")
    ] = False,
    keep_overlaps: Annotated[
        bool,
        typer.Option("--keep-overlaps", help="Leave all overlapping spans in train, not only the longest."),
    ] = False,
    encoder: CountingEncoder = USUAL_ENCODER,
    max_tokens: MaxTokens = LONGEST_INPUT,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another prepared corpus at --out.")
    ] = False,
) -> None:
    """Read a corpus, check it and write it as JSON Lines for the other commands.

    Checks each offset, and converts those that do not count code points. Lifts LLT codes to PTs, and finds
    texts that several splits share. Duplicates and overlaps are removed from train only: valid and test stay
    as they were annotated. Prints what was read, dropped or changed, and why.
    """
    from models.terminology import read_release
    from training.corpora import ReadingLog, require_corpus_folder, write_corpus

    require_corpus_folder(out)
    tokenizer = counting_tokenizer(encoder, max_tokens)
    release = None if terminology is None else read_release(terminology)
    if format_ == AUTO and source.exists():
        format_ = recognize_format(source)
        print_note(f"read as {format_}; --format chooses another one")
    options = CorpusOptions(
        offsets=offsets,
        effect_labels=_split_list(effect_labels),
        effect_relations=_split_list(effect_relations),
        whole_documents=whole_documents,
        fields=_parse_fields(fields or []),
    )
    preparation = Preparation(
        format=format_,
        options=options,
        terminology=release,
        document=None if document is None else _compile(document),
        valid_share=valid_share,
        test_share=test_share,
        prevalence=prevalence,
        seed=seed,
        keep_shared=keep_shared,
        keep_duplicates=keep_duplicates,
        keep_overlaps=keep_overlaps,
    )
    log = ReadingLog(strict)
    with on_interrupt():
        with err.status(Text(terminal_safe(f"reading {source}"))):
            splits = prepare_corpus(source, preparation, log)
        about = {
            "format": format_,
            "source": str(source),
            "terminology": None
            if release is None
            else {
                "folder": str(terminology),
                "version": release.version or None,
                "pts": len(release.pt_names),
                "llts": len(release.llts),
            },
            "options": _chosen_options(options),
            "document": document,
            "shares": {"valid": valid_share, "test": test_share, "seed": seed},
            "prevalence": prevalence,
            "kept": {"shared": keep_shared, "duplicates": keep_duplicates, "overlaps": keep_overlaps},
        }
        write_corpus(out, splits, log, about=about, overwrite=overwrite)
    print_table(corpus_table(splits))
    report_long_texts(splits, tokenizer)
    print_table(log_table(log, source))
    spans = (span for examples in splits.values() for example in examples for span in example.spans)
    if release is None and any(span.llt or span.ptid for span in spans):
        print_note("codes were taken as they are: --terminology would lift LLT codes to PTs")
    print_written(out)


def _split_list(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _parse_fields(entries: Sequence[str]) -> dict[str, str]:
    """Return the column by field of `--field text=post`.

    Raises:
        CorpusError: an entry has no "=", or names a field that does not exist.
    """
    fields = dict(entry.partition("=")[::2] for entry in entries)
    for name, column in fields.items():
        if name not in _FIELDS or not column:
            raise CorpusError(
                f"--field {name}={column} is not FIELD=COLUMN: the fields are {', '.join(_FIELDS)}"
            )
    return fields


def _chosen_options(options: CorpusOptions) -> dict[str, Any]:
    """Return the options that differ from the defaults, for `corpus.json`."""
    default = CorpusOptions()
    names = (field.name for field in dataclass_fields(options))
    return {
        name: getattr(options, name) for name in names if getattr(options, name) != getattr(default, name)
    }


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise CorpusError(
            f"--document {pattern!r} is not a regular expression ({error}): use one such as '^([^-]+)-'"
        ) from None
