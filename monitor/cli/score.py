"""`ade-monitor score`: score the tweets of a file with a bundle, without Kafka and without a database."""

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
    NormalizerOption,
    Precision,
    Quotes,
    TextColumn,
    Threads,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models import Scorer
    from monitor.feed import Reject, Source
    from monitor.records import Post


def score_command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Tweets to score; - is standard input. May be gzip.", show_default=False)
    ],
    bundle: Bundle = None,
    device: Device = None,
    threads: Threads = None,
    precision: Precision = None,
    cache: CacheEntries = None,
    normalizer: NormalizerOption = None,
    kind: FileFormat = None,
    id_column: IdColumn = None,
    text_column: TextColumn = None,
    quotes: Quotes = True,
) -> None:
    """Score the tweets of FILE with a bundle, and print JSON Lines: one record for each, in their order.

    A record has id, label, probability, mentions (start, end, text, score, ptid, pt_name, pt_score) and
    bundle. For a line that cannot be read, it has line, error and detail instead. FILE has the formats of
    `ade-monitor feed` and any size: memory is constant.
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
    from monitor.cli.score_records import read_tweets
    from monitor.feed import Columns, open_source

    columns = Columns(id=id_column, text=text_column)
    try:
        with open_source(None if str(file) == "-" else file) as source:
            scorer = load_scorer(model.bundle, model.serving)
            items = read_tweets(source, kind, columns, quotes=quotes)
            with file_progress() as show:
                # One call more than there are threads: while they compute, it tokenizes or decodes.
                _score_all(scorer, source, items, show, ahead=model.threads + 1)
    except KeyboardInterrupt:
        _exit_at_once(130)
    except BrokenPipeError:
        _exit_at_once(141)


def _score_all(
    scorer: Scorer, source: Source, items: Iterator[Post | Reject], show: ShowProgress, *, ahead: int
) -> None:
    from models.scoring.cache import CachingScorer
    from models.scoring.streaming import map_in_order
    from monitor.cli.score_records import Chunk, chunks, more_is_ready, score_chunk

    def score(chunk: Chunk) -> tuple[Chunk, bytes]:
        return chunk, score_chunk(scorer, chunk)

    def next_is_ready() -> bool:
        return more_is_ready(source)

    done = 0
    for chunk, lines in map_in_order(score, chunks(items, source), ahead=ahead, next_is_ready=next_is_ready):
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
        done += len(chunk.items)
        cached = f", {scorer.counts.rate:.0%} from the cache" if isinstance(scorer, CachingScorer) else ""
        show(chunk.position, source.size, f"{done:,} records{cached}")


def _exit_at_once(status: int) -> NoReturn:
    """Exit without a message: finished chunks are written, and chunks in progress are not waited for."""
    os._exit(status)
