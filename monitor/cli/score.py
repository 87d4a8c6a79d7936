"""`ade-monitor score`: a bundle alone, without Kafka and without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.context import settings_of
from monitor.cli.file_progress import ShowProgress, file_progress
from monitor.cli.options import Bundle, Device, FileFormat, IdColumn, NormalizerChoice, Quotes, TextColumn

if TYPE_CHECKING:
    from models import Scorer
    from monitor.cli.score_records import Record
    from monitor.feed.entries import Reject
    from monitor.feed.source import Source
    from monitor.records import Tweet

_CHUNK = 256  # tweets judged together, at most: enough to sort them by length


def score_command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Tweets to judge; - is standard input. May be gzip.", show_default=False)
    ],
    bundle: Bundle = None,
    device: Device = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads (setting model.threads).")] = None,
    normalizer: NormalizerChoice = None,
    kind: FileFormat = None,
    id_column: IdColumn = None,
    text_column: TextColumn = None,
    quotes: Quotes = True,
) -> None:
    """Judge the tweets of FILE by the bundle alone and print JSON Lines, a record for each in their order.

    A record has id, label, probability, mentions (start, end, text, score, ptid, pt_name, pt_score) and
    bundle. A line that cannot be read gives a record with line, error and detail instead. Reads the same
    formats as `ade-monitor feed`.
    """
    model = settings_of(
        context,
        model__bundle=bundle,
        model__device=device,
        model__threads=threads,
        model__normalizer=normalizer,
    ).model
    from models import load_scorer
    from monitor.cli.score_records import tweets_in
    from monitor.feed.columns import Columns
    from monitor.feed.source import open_source

    columns = Columns(id=id_column, text=text_column)
    try:
        with open_source(None if str(file) == "-" else file) as source:
            scorer = load_scorer(
                model.bundle,
                device=model.device,
                threads=model.threads,
                trunk=model.trunk,
                normalizer=model.normalizer,
            )
            with file_progress() as show:
                _score_all(scorer, source, tweets_in(source, kind, columns, quotes=quotes), show)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except BrokenPipeError:
        # Whoever read has gone; the interpreter must not complain of it when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(141) from None


def _score_all(scorer: Scorer, source: Source, items: Iterator[Tweet | Reject], show: ShowProgress) -> None:
    from monitor.cli.score_records import chunks, error_record, record_of
    from monitor.records import Tweet

    done = 0
    for chunk in chunks(items, source, _CHUNK):
        tweets = [item for item in chunk if isinstance(item, Tweet)]
        predictions = iter(scorer.score([tweet.text for tweet in tweets]))
        records = [
            record_of(item, next(predictions), scorer.version)
            if isinstance(item, Tweet)
            else error_record(item)
            for item in chunk
        ]
        _write(records)
        done += len(chunk)
        show(source.position, source.size, f"{done:,} records")


def _write(records: list[Record]) -> None:
    lines = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    # The bytes themselves: what a terminal's encoding cannot show would raise in the middle of a file.
    sys.stdout.buffer.write(lines.encode(errors="replace"))
    sys.stdout.buffer.flush()
