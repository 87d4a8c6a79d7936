"""`ade-monitor score`: score the posts of files with a bundle, without Kafka and without a database."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import typer

from monitor.cli.console import ShowProgress, file_progress, print_error, print_note
from monitor.cli.file_options import (
    AcceptRoundedIds,
    AuthorField,
    DateField,
    DateOrder,
    Delimiter,
    Encoding,
    Files,
    FormatName,
    IdField,
    LangField,
    Quotes,
    SkipLines,
    TextField,
    read_options_of,
)
from monitor.cli.options import (
    Bundle,
    CacheEntries,
    Device,
    NormalizerOption,
    Precision,
    Threads,
    settings_of,
)
from monitor.cli.unread_contexts import UnreadContexts
from monitor.cli.untrained_languages import UntrainedLanguages
from monitor.feed import AUTO, FieldMapping, require_format

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models import Scorer
    from monitor.cli.score_records import FileReader
    from monitor.feed import FeedError, Input


def score_command(
    context: typer.Context,
    files: Files,
    bundle: Bundle = None,
    device: Device = None,
    threads: Threads = None,
    precision: Precision = None,
    cache: CacheEntries = None,
    normalizer: NormalizerOption = None,
    form: FormatName = AUTO,
    id_field: IdField = None,
    text_field: TextField = None,
    author_field: AuthorField = None,
    date_field: DateField = None,
    lang_field: LangField = None,
    delimiter: Delimiter = None,
    skip_lines: SkipLines = 0,
    encoding: Encoding = None,
    quotes: Quotes = True,
    date_order: DateOrder = None,
    accept_rounded_ids: AcceptRoundedIds = False,
) -> None:
    """Score the posts of files with a bundle, and print JSON Lines: one record for each, in their order.

    A record has id, line, label, probability, reason, windows, unread, mentions (start, end, text, score,
    ptid, pt_name, pt_score) and bundle; with several files also file. A bundle with two readers adds
    first_probability and second_probability, null where the second did not read the post. The reason of
    NoADE is improbable (the probability is below the threshold), no_span (no words of an effect were found)
    or no_code (none of them got a code). A long post is read in several windows; unread counts the characters
    after the last one.

    For what cannot be read, a record has line, error and detail instead. The formats are those of
    `ade-monitor feed`, and files may have any size: memory is constant. Posts in every language are scored; a
    note counts those in languages that the bundle was not trained on, and those whose context it cannot read.
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
    options = read_options_of(
        FieldMapping(id_field, text_field, author_field, date_field, lang_field),
        delimiter,
        skip_lines,
        encoding,
        quotes=quotes,
        date_order=date_order,
        accept_rounded_ids=accept_rounded_ids,
    )
    from models import load_scorer
    from monitor.cli.score_records import FileReader
    from monitor.feed import list_inputs

    reader = FileReader(require_format(form), options, print_note)
    unsuited = (UntrainedLanguages(model.bundle), UnreadContexts(model.bundle))
    try:
        scorer = load_scorer(model.bundle, model.serving)
        with file_progress() as show:
            # One call more than there are threads: while they compute, it tokenizes or decodes.
            inputs = list_inputs(files, print_note)
            several = len(files) > 1 or files[0].is_dir()
            _score_all(scorer, reader, inputs, show, unsuited, ahead=model.threads + 1, name_files=several)
    except KeyboardInterrupt:
        _exit_at_once(130)
    except BrokenPipeError:
        _exit_at_once(141)
    for note in filter(None, (counter.note() for counter in unsuited)):
        print_note(note)
    for failure in reader.failures:
        print_error(str(failure))
    if reader.failures:
        raise typer.Exit(1)


def _score_all(
    scorer: Scorer,
    reader: FileReader,
    inputs: Iterable[Input | FeedError],
    show: ShowProgress,
    unsuited: tuple[UntrainedLanguages, UnreadContexts],
    *,
    ahead: int,
    name_files: bool,
) -> None:
    from models.scoring.cache import CachingScorer
    from models.scoring.streaming import map_in_order
    from monitor.cli.score_records import Chunk, score_chunk
    from monitor.records import Post

    def score(chunk: Chunk) -> tuple[Chunk, bytes]:
        return chunk, score_chunk(scorer, chunk, name_files=name_files or not chunk.source.was_listed)

    done = 0
    chunks = reader.chunks(inputs)
    for chunk, lines in map_in_order(score, chunks, ahead=ahead, next_is_ready=reader.more_is_ready):
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
        done += len(chunk.items)
        posts = [item.content for item in chunk.items if isinstance(item.content, Post)]
        for counter in unsuited:
            counter.add(posts)
        cached = f", {scorer.counts.rate:.0%} from the cache" if isinstance(scorer, CachingScorer) else ""
        show(chunk.position, chunk.source.size, f"{done:,} records{cached}")


def _exit_at_once(status: int) -> NoReturn:
    """Exit without a message: finished chunks are written, and chunks in progress are not waited for."""
    os._exit(status)
