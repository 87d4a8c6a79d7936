"""`ade-monitor demo`: run the whole monitor, and send sample tweets through it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from monitor.cli.console import highlighted, print_line, print_note
from monitor.cli.options import Bundle, DataDir, Workers
from monitor.cli.up import SUPERVISION_PAUSE, embedded_settings, show_panel
from monitor.embedded import RunningMonitor, running_monitor
from monitor.enrich import wanted_languages
from monitor.errors import EmbeddedError, RetryableError, SettingsError
from monitor.settings import StoreSettings

if TYPE_CHECKING:
    from monitor.embedded.sample_run import DemoEffect, DemoSummary, SampleRun

SAMPLE_LANGUAGE: Final = "en"


def demo_command(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Exit after the sample tweets; the last line is JSON.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds that the sample tweets may take.")
    ] = 120,
    data_dir: DataDir = None,
    workers: Workers = 1,
    bundle: Bundle = None,
) -> None:
    """Start the monitor on this machine as `up` does, feed it sample tweets, and show what it finds.

    The monitor then runs until Ctrl-C. With --once it is stopped after the sample tweets, and the last line
    of stdout is JSON: tweets_in, positive, mentions, coded, alerts, dead_letters, seconds.
    """
    settings = embedded_settings(context, data_dir, bundle)
    # The sample tweets are followed by their rows.
    settings = settings.model_copy(update={"store": StoreSettings(negatives="all")})
    languages = wanted_languages(settings)
    if languages and SAMPLE_LANGUAGE not in languages:
        raise SettingsError(
            f"the sample tweets are in English, and this monitor scores {', '.join(languages)} only",
            "use `--bundle default`, or set ADE_WORKER__LANGUAGES=en",
        )
    summary: DemoSummary | None = None
    try:
        with running_monitor(settings, workers=workers, notify=print_note) as monitor:
            summary = _run_samples(monitor, timeout)
            if not once:
                show_panel(monitor, worker="waiting for more posts")
                while True:
                    monitor.supervise()
                    time.sleep(SUPERVISION_PAUSE)
    except KeyboardInterrupt:
        print_note("stopped")
        if once:
            raise typer.Exit(130) from None
        return
    if summary:
        typer.echo(summary.as_json())


def _run_samples(monitor: RunningMonitor, timeout: float) -> DemoSummary:
    from monitor.embedded.sample_run import SampleRun

    with SampleRun(monitor.settings) as run:
        run.feed()
        print_line(
            f"{run.sent} sample tweets are in the topic; the worker takes a few seconds to load its model"
        )
        deadline = time.monotonic() + timeout
        while True:
            monitor.supervise()
            monitor.require_stable_workers()
            summary = None
            with suppress(RetryableError):  # the database or Valkey is being started again
                _show_new_results(run)
                summary = run.summary()
                if summary:
                    _show_new_results(run)
            if summary:
                print_line(
                    f"{summary.tweets_in} tweets, {summary.positive} report an adverse effect, "
                    f"{summary.mentions} mentions ({summary.coded} coded), {summary.alerts} alerts, "
                    f"{summary.dead_letters} dead letters, {summary.seconds:.1f} s"
                )
                return summary
            if time.monotonic() > deadline:
                last_lines = monitor.last_lines().replace("\n", "\n    ")
                raise EmbeddedError(
                    f"after {timeout:g} s, {run.describe_missing()}. The last lines of the worker's log:\n"
                    f"    {last_lines}\n"
                    f"All logs are in {monitor.stack.logs}; --timeout allows for a slower machine"
                )
            time.sleep(SUPERVISION_PAUSE)


def _show_new_results(run: SampleRun) -> None:
    for effect in run.new_effects():
        print_line(_effect_line(effect))
    for alert in run.new_alerts():
        name = alert.pt_name or "uncoded"
        print_line(Text.assemble(("alert ", "bold magenta"), f" {name}", (f"  {alert.tweet_id}", "dim")))


def _effect_line(effect: DemoEffect) -> Text:
    spans, codes = [], []
    for start, end, pt_name, pt_score in effect.mentions:
        spans.append((start, end))
        code = f"{pt_name} {pt_score:.0%}" if pt_name and pt_score is not None else "uncoded"
        codes.append(f"“{effect.text[start:end]}” → {code}")
    return Text.assemble(
        ("ADE   ", "bold red"),
        (f" {effect.probability:4.0%}  ", "cyan"),
        highlighted(effect.text, *spans, style="bold red underline"),
        (f"  [{'; '.join(codes)}]", "yellow"),
    )
