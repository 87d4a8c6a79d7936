"""`ade-monitor demo`: the whole monitor, and sample tweets going through it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from monitor.cli.console import out, say_note
from monitor.cli.options import Bundle
from monitor.cli.up import TENDING_PAUSE, DataDir, Workers, embedded_settings, show_panel
from monitor.embedded.running import RunningMonitor, running_monitor
from monitor.errors import EmbeddedError

if TYPE_CHECKING:
    from monitor.embedded.sample_run import DemoEffect, DemoSummary, SampleRun


def demo_command(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="End when the tweets went through; the last line is JSON.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds that the tweets may take.")
    ] = 120,
    data_dir: DataDir = None,
    workers: Workers = 1,
    bundle: Bundle = None,
) -> None:
    """Start the monitor on this machine as `up` does, feed it sample tweets, and show what it finds.

    The monitor is left running until Ctrl-C. With --once it is stopped after the tweets went through, and
    the last line of stdout is JSON: tweets_in, positive, mentions, coded, alerts, dead_letters, seconds.
    """
    settings = embedded_settings(context, data_dir, bundle)
    outcome: DemoSummary | None = None
    try:
        with running_monitor(settings, workers=workers, say=say_note) as monitor:
            outcome = _go_through(monitor, timeout)
            if not once:
                show_panel(monitor, worker="waiting for more tweets")
                while True:
                    monitor.tend()
                    time.sleep(TENDING_PAUSE)
    except KeyboardInterrupt:
        say_note("stopped")
        if once:
            raise typer.Exit(130) from None
        return
    if outcome:
        typer.echo(outcome.as_json())


def _go_through(monitor: RunningMonitor, timeout: float) -> DemoSummary:
    from monitor.embedded.sample_run import SampleRun

    with SampleRun(monitor.settings) as run:
        run.feed()
        out.print(
            f"{run.sent} sample tweets are in the topic; the worker takes a few seconds to load its model"
        )
        deadline = time.monotonic() + timeout
        while True:
            monitor.tend()
            _show_news(run)
            outcome = run.outcome()
            if outcome:
                _show_news(run)
                out.print(
                    f"{outcome.tweets_in} tweets, {outcome.positive} report an adverse effect, "
                    f"{outcome.mentions} mentions ({outcome.coded} coded), {outcome.alerts} alerts, "
                    f"{outcome.dead_letters} dead letters, {outcome.seconds:.1f} s"
                )
                return outcome
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"after {timeout:g} s, {run.missing()}. The last lines of the worker's log:\n    "
                    + monitor.last_lines().replace("\n", "\n    ")
                    + f"\nAll logs are in {monitor.stack.logs}; --timeout allows for a slower machine"
                )
            time.sleep(TENDING_PAUSE)


def _show_news(run: SampleRun) -> None:
    for finding in run.new_findings():
        out.print(_finding_line(finding))
    for alert in run.new_alerts():
        effect = alert.pt_name or "uncoded"
        out.print(Text.assemble(("alert ", "bold magenta"), f" {effect}", (f"  {alert.tweet_id}", "dim")))


def _finding_line(finding: DemoEffect) -> Text:
    tweet = Text(finding.text)
    effects = []
    for start, end, pt_name, pt_score in finding.mentions:
        tweet.stylize("bold red underline", start, end)
        code = f"{pt_name} {pt_score:.0%}" if pt_name and pt_score is not None else "uncoded"
        effects.append(f"“{finding.text[start:end]}” → {code}")
    return Text.assemble(
        ("ADE   ", "bold red"),
        (f" {finding.probability:4.0%}  ", "cyan"),
        tweet,
        (f"  [{'; '.join(effects)}]", "yellow"),
    )
