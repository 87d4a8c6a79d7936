"""`ade-monitor connect`: posts from a live platform to the topic, until Ctrl-C."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.connect_session import Track, run_connector
from monitor.cli.console import print_line, print_note
from monitor.cli.options import Bootstrap, Topic, settings_of

if TYPE_CHECKING:
    from monitor.connect import DrugList, RulePlan, Timeline, XOpener
    from monitor.settings import Settings

connect_app = typer.Typer(
    help="Send posts from a live platform to the topic. Needs the extra `sources`.", no_args_is_help=True
)


Drugs = Annotated[
    Path | None,
    typer.Option("--drugs", metavar="FILE", help="TOML file of drug names (setting connect.drugs)."),
]
TrackOption = Annotated[
    Track | None,
    typer.Option(
        "--track",
        help="`drugs` sends only posts that name a drug of --drugs; deletions are always sent. Default: "
        "`drugs` if there is a drug list, except for X, whose rules select the posts.",
    ),
]
Rejects = Annotated[
    Path | None,
    typer.Option("--rejects", metavar="FILE", help="Append what cannot be read to FILE, as JSON Lines."),
]
StateDir = Annotated[
    Path | None,
    typer.Option(
        "--state-dir", metavar="FOLDER", help="Where to keep how far was read (setting connect.state_dir)."
    ),
]


@connect_app.command("x")
def x_command(
    context: typer.Context,
    drugs: Drugs = None,
    sync_rules: Annotated[
        bool,
        typer.Option(
            "--sync-rules",
            help="First bring the rules at X in line with --drugs: add missing ones, delete obsolete ones "
            "with our tag, and leave all others alone.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show what --sync-rules would change, and end."),
    ] = False,
    track: TrackOption = None,
    rejects: Rejects = None,
    state_dir: StateDir = None,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Connect to the filtered stream of the X API v2.

    Needs a bearer token (setting connect.x_bearer_token) and rules at X.
    """
    from monitor.connect import ConnectError, XOpener, require_libraries

    settings = _connect_settings(context, drugs, state_dir, topic, bootstrap)
    require_libraries()
    opener = XOpener(settings.connect)
    drug_list = _drug_list(settings)
    if not (sync_rules or dry_run):
        run_connector(settings, opener, drug_list, track or Track.ALL, rejects)
        return
    if drug_list is None:
        raise ConnectError("--sync-rules needs names of drugs", "add --drugs FILE")
    sync = partial(_sync, opener, drug_list)
    if dry_run:
        sync(dry_run=True)
    else:
        run_connector(settings, opener, drug_list, track or Track.ALL, rejects, partial(sync, dry_run=False))


@connect_app.command("bluesky")
def bluesky_command(
    context: typer.Context,
    drugs: Drugs = None,
    track: TrackOption = None,
    rejects: Rejects = None,
    state_dir: StateDir = None,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Connect to Bluesky's Jetstream, which sends all posts of the network and all deletions."""
    from monitor.connect import BlueskyOpener, require_libraries

    settings = _connect_settings(context, drugs, state_dir, topic, bootstrap)
    require_libraries()
    run_connector(settings, BlueskyOpener(settings.connect), _drug_list(settings), track, rejects)


@connect_app.command("mastodon")
def mastodon_command(
    context: typer.Context,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="The server (setting connect.mastodon_server)."),
    ] = None,
    local: Annotated[
        bool, typer.Option("--local", help="Only posts of this server, not those that it knows of others.")
    ] = False,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="NAME", help="Only posts with this hashtag. Repeatable."),
    ] = None,
    poll: Annotated[
        bool,
        typer.Option("--poll", help="Read timelines instead of the stream; learns of no deletions."),
    ] = False,
    drugs: Drugs = None,
    track: TrackOption = None,
    rejects: Rejects = None,
    state_dir: StateDir = None,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Connect to a Mastodon server: its stream with an access token, or its public timelines without one."""
    from monitor.connect import MastodonOpener, require_libraries

    settings = _connect_settings(context, drugs, state_dir, topic, bootstrap, connect__mastodon_server=server)
    require_libraries()
    opener = MastodonOpener(settings.connect, _timelines(local=local, tags=tag or []), poll)
    if not opener.streams:
        print_note(
            "reading timelines, where deletions and later edits do not show. The stream needs "
            "ADE_CONNECT__MASTODON_ACCESS_TOKEN, at most one --tag, and no --poll"
        )
    run_connector(settings, opener, _drug_list(settings), track, rejects)


def _connect_settings(
    context: typer.Context,
    drugs: Path | None,
    state_dir: Path | None,
    topic: str | None,
    bootstrap: str | None,
    **others: object,
) -> Settings:
    """Load the settings of a connector with the options that all of them have, and `others` of its own."""
    return settings_of(
        context,
        connect__drugs=drugs,
        connect__state_dir=state_dir,
        kafka__topic=topic,
        kafka__bootstrap_servers=bootstrap,
        **others,
    )


def _timelines(*, local: bool, tags: list[str]) -> list[Timeline]:
    from monitor.connect import ConnectError, Timeline

    names = [tag.strip().removeprefix("#") for tag in tags]
    if any(not name.isidentifier() and not name.isalnum() for name in names):
        raise ConnectError("--tag is not a hashtag", "write one word, such as --tag zoloft")
    if names and local:
        raise ConnectError("--local and --tag exclude each other", "choose one")
    if names:
        return [Timeline(f"tag:{name}") for name in dict.fromkeys(names)]
    return [Timeline("public:local" if local else "public")]


def _drug_list(settings: Settings) -> DrugList | None:
    from monitor.connect import read_drug_list

    return read_drug_list(settings.connect.drugs) if settings.connect.drugs else None


def _sync(opener: XOpener, drugs: DrugList, *, dry_run: bool) -> None:
    """Bring the rules at X in line with the drug list, and print what changed, or would change."""
    from monitor.connect import sync_rules

    async def sync() -> RulePlan:
        async with opener.client() as client:
            return await sync_rules(client, opener.settings.x_url, drugs, dry_run=dry_run)

    plan = asyncio.run(sync())
    verb = "would be" if dry_run else "was"
    for value in plan.add:
        print_line(f"{verb} added: {value}")
    for rule in plan.delete:
        print_line(f"{verb} deleted: {rule.value}")
    print_line(
        f"rules to add: {len(plan.add)}, to delete: {len(plan.delete)}, unchanged: {len(plan.keep)}, "
        f"with another tag: {len(plan.foreign)}"
    )
