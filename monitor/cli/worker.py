"""`ade-monitor worker`: read tweets, score them, store the results, and publish the alerts."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.early_stop import end_at_sigterm
from monitor.cli.options import Bootstrap, Bundle, Device, Reload, Topic, settings_of
from monitor.cli.stack_advice import stopped_stack_behind


def worker_command(
    context: typer.Context,
    bundle: Bundle = None,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
    group: Annotated[
        str | None,
        typer.Option(help="Consumer group, whose workers share the tweets (setting kafka.group_id)."),
    ] = None,
    device: Device = None,
    reload: Reload = None,
) -> None:
    """Run one worker, including the alert relay, until SIGTERM or Ctrl-C.

    Start up to as many as there are partitions; each gets its share. A worker that is killed loses nothing:
    what it had not stored is read again.
    """
    end_at_sigterm()
    settings = settings_of(
        context,
        model__bundle=bundle,
        kafka__topic=topic,
        kafka__bootstrap_servers=bootstrap,
        kafka__group_id=group,
        model__device=device,
        worker__reload=reload,
    )
    from monitor.kafka import require_listener
    from monitor.logs import configure_logs

    configure_logs(settings.log)
    if stopped_stack_behind(context, "kafka.bootstrap_servers"):
        require_listener(settings.kafka)  # which a worker would otherwise wait for
    from monitor.stream.worker import run_worker

    run_worker(settings)
