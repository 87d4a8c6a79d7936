"""`ade-monitor score`: a bundle alone, without Kafka and without a database."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from monitor.cli.console import ShowProgress, file_progress
from monitor.cli.options import (
    Bundle,
    CacheEntries,
    Device,
    FileFormat,
    IdColumn,
    NormalizerChoice,
    Precision,
    Quotes,
    TextColumn,
    Threads,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models import Scorer
    from monitor.feed.entries import Reject
    from monitor.feed.source import Source
    from monitor.records import Tweet


def score_command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Tweets to judge; - is standard input. May be gzip.", show_default=False)
    ],
    bundle: Bundle = None,
    device: Device = None,
    threads: Threads = None,
    precision: Precision = None,
    cache: CacheEntries = None,
    normalizer: NormalizerChoice = None,
    kind: FileFormat = None,
    id_column: IdColumn = None,
    text_column: TextColumn = None,
    quotes: Quotes = True,
) -> None:
    """Judge the tweets of FILE by the bundle alone and print JSON Lines, a record for each in their order.

    A record has id, label, probability, mentions (start, end, text, score, ptid, pt_name, pt_score) and
    bundle. A line that cannot be read gives a record with line, error and detail instead. Reads the same
    formats as `ade-monitor feed`, of any size: memory is flat.
    """
    model = settings_of(
        context,
        model__bundle=bundle,
        model__device=device,
        model__threads=threads,
        model__precision=precision,
        model__cache=cache,
        model__normalizer=normalizer,
    ).model
    from models import load_scorer
    from monitor.cli.score_records import tweets_in
    from monitor.feed.delimited import Columns
    from monitor.feed.source import open_source

    columns = Columns(id=id_column, text=text_column)
    try:
        with open_source(None if str(file) == "-" else file) as source:
            scorer = load_scorer(model.bundle, model.serving)
            items = tweets_in(source, kind, columns, quotes=quotes)
            with file_progress() as show:
                # One call more than there are threads: while they compute, it tokenizes or decodes.
                _score_all(scorer, source, items, show, ahead=model.threads + 1)
    except KeyboardInterrupt:
        _leave(130)
    except BrokenPipeError:
        _leave(141)


def _score_all(
    scorer: Scorer, source: Source, items: Iterator[Tweet | Reject], show: ShowProgress, *, ahead: int
) -> None:
    from models.scoring.cache import CachingScorer
    from models.scoring.streaming import in_order
    from monitor.cli.score_records import Chunk, chunks, judged, more_is_ready

    def judge(chunk: Chunk) -> tuple[Chunk, bytes]:
        return chunk, judged(scorer, chunk)

    done = 0
    read = chunks(items, source)
    for chunk, lines in in_order(judge, read, ahead=ahead, at_hand=lambda: more_is_ready(source)):
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
        done += len(chunk.items)
        known = f", {scorer.counts.rate:.0%} from the cache" if isinstance(scorer, CachingScorer) else ""
        show(chunk.position, source.size, f"{done:,} records{known}")


def _leave(status: int) -> NoReturn:
    """End at once and without a word: what was judged is written, and no thread's chunk is waited for."""
    os._exit(status)
