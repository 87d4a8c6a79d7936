"""Commands of `ade-monitor review` about many items: samples, agreement, training data, drift."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.console import counted, print_json, print_note
from monitor.cli.effect_options import parse_range
from monitor.cli.options import mistakes_as_usage, parse_time, settings_of
from monitor.cli.review_reports import print_agreement, print_drift, print_sample

if TYPE_CHECKING:
    from monitor.review import CorpusExport
    from monitor.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Since = Annotated[str | None, typer.Option(metavar="WHEN", help="Decided at or after: 2026-03-14, 24h, 7d.")]
Until = Annotated[str | None, typer.Option(metavar="WHEN", help="Decided before; by default now.")]

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


def sample_command(
    context: typer.Context,
    strategy: Annotated[
        str,
        typer.Option(
            help="random: drawn by strata, for statistics. active: teaches the model most. "
            "uncertain, serious, unlisted: a queue of such mentions."
        ),
    ] = "random",
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=10_000, help="Number of posts.")] = 200,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Of the draw.")] = 0,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="Posted at or after; by default the last whole week (UTC) before --until."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Posted before; by default now.")] = None,
    reviewers: Annotated[
        int | None,
        typer.Option(min=1, max=2, help="Verdicts for each item; by default 2 for random, else 1."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Choose posts for review. All mentions of a post become items.

    The same strategy, window and seed name the same sample: a second run changes nothing.
    """
    from monitor.review import take_sample, week_before
    from monitor.store.reviews import ReviewError, SampleRequest, Strategy

    if strategy not in set(Strategy):
        raise typer.BadParameter(f"'{strategy}' is not a strategy: use {', '.join(Strategy)}")
    start, end = _range(since, until)
    window = week_before(end) if start is None else (start, end)
    is_random = strategy == Strategy.RANDOM
    request = SampleRequest(Strategy(strategy), *window, seed, size, reviewers or (2 if is_random else 1))
    with mistakes_as_usage(ReviewError):
        sample = take_sample(settings_of(context), request)
    if as_json:
        print_json(asdict(sample))
    else:
        print_sample(sample)


def agreement_command(
    context: typer.Context, since: Since = None, until: Until = None, as_json: AsJson = False
) -> None:
    """Show how far reviewers agree: Krippendorff's alpha of all, Cohen's kappa of each two."""
    from monitor.review import measure_reviewers
    from monitor.store import reading_engine, translate_driver_errors
    from monitor.store.reviews import read_independent

    window = _window(since, until)
    database = settings_of(context).database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        items = read_independent(connection, *window)
    results = measure_reviewers(items)
    if as_json:
        for each in results:
            print_json(asdict(each))
        return
    print_agreement(results)
    if not any(each.items for each in results):
        print_note("no item has two independent verdicts: draw a sample with --reviewers 2")


def export_reviews_command(
    context: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File for the lines; by default they are printed."),
    ] = None,
    since: Since = None,
    until: Until = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the audit.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write reviewed posts as training data, for `ade-train prepare --format reviews`.

    The lines have the texts of posts, so only you can read the file. The audit keeps who exported them, how
    many, and the digest of the lines.
    """
    from monitor.review import export_reviews

    start, end = _range(since, until)
    settings = settings_of(context)
    arguments: dict[str, Any] = {"since": start, "until": end, "reason": reason}
    if output is None:
        result = export_reviews(settings, sys.stdout.write, **arguments)
    else:
        result = _export_to(output, settings, arguments, force=force)
    if not result.posts:
        print_note("nothing matches: no post of this window has verdicts on all of its items")
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(result.decisions.items()))
    print_note(f"{counted(result.posts, 'post')} exported{f' ({counts})' if counts else ''}")
    if result.waiting:
        print_note(f"{counted(result.waiting, 'post')} left out: some of their mentions wait for a verdict")


def drift_command(
    context: typer.Context,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="Weeks that are compared.")] = 1,
    reference_weeks: Annotated[
        int, typer.Option(min=1, max=520, help="Weeks before them that they are compared with.")
    ] = 12,
    until: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="The weeks end on the Monday (UTC) before; by default now."),
    ] = None,
    alpha: Annotated[
        float, typer.Option(min=1e-6, max=0.5, help="Share of false alarms among comparisons, at most.")
    ] = 0.01,
    metrics: Annotated[
        Path | None,
        typer.Option(help="File for the metrics, such as one that the node exporter of Prometheus reads."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show whether the model has become less precise, by the verdicts on the random samples.

    Exits with status 3 if it has, so that a job can raise an alarm.
    """
    from monitor.logs import configure_logs
    from monitor.review import DriftWindows, watch_drift, week_before, write_drift_metrics

    end = week_before(parse_time(until, "--until") or datetime.now(UTC))[1]
    try:
        since = end - timedelta(weeks=weeks)
        windows = DriftWindows(since - timedelta(weeks=reference_weeks), since, end)
    except OverflowError:
        raise typer.BadParameter("there are not so many weeks before --until") from None
    if metrics is not None and not metrics.parent.is_dir():
        raise _unwritable_metrics(metrics, f"there is no folder {metrics.parent}")
    settings = settings_of(context)
    configure_logs(settings.log)
    drift = watch_drift(settings, windows, alpha=alpha)
    if as_json:
        print_json({**asdict(windows), **asdict(drift)})
    else:
        print_drift(drift)
    if metrics is not None:
        try:
            write_drift_metrics(metrics)
        except OSError as error:
            raise _unwritable_metrics(metrics, error.strerror or str(error)) from None
    if drift.dropped:
        raise typer.Exit(3)


def _export_to(output: Path, settings: Settings, arguments: dict[str, Any], *, force: bool) -> CorpusExport:
    """Export to a file. It gets its name once it is complete, so an earlier one stays until then.

    Raises:
        typer.BadParameter: the file cannot be written, or exists and `force` is False.
    """
    from monitor.exports import ExportError
    from monitor.exports.destination import check_destination, writing_errors
    from monitor.private_files import open_private
    from monitor.review import export_reviews

    with mistakes_as_usage(ExportError):
        new = check_destination(output, force=force).new
        with writing_errors(output):
            try:
                with open_private(new) as file:
                    result = export_reviews(settings, file.write, **arguments)
                new.replace(output)
            finally:
                new.unlink(missing_ok=True)
    return result


def _unwritable_metrics(path: Path, problem: str) -> typer.BadParameter:
    return typer.BadParameter(f"--metrics {path} cannot be written: {problem}. Name another file")


def _window(since: str | None, until: str | None) -> tuple[datetime, datetime]:
    """Return the window of verdicts.

    Raises:
        typer.BadParameter: a time is wrong, or both are reversed.
    """
    start, end = _range(since, until)
    return start or EARLIEST, end


def _range(since: str | None, until: str | None) -> tuple[datetime | None, datetime]:
    """Return the times of `--since` and `--until`; without `--until`, the second one is now.

    Raises:
        typer.BadParameter: a time is wrong, both are reversed, or `--since` is in the future.
    """
    start, end = parse_range(since, until)
    end = end or datetime.now(UTC)
    if start is not None and start >= end:
        raise typer.BadParameter(f"--since '{since}' is in the future: nothing can match")
    return start, end
