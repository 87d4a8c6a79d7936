"""`ade-monitor db`: create and check the tables of the ADE database, and look into it."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.console import print_line
from monitor.cli.options import PASSED_ON, ShowPassword, settings_of
from monitor.cli.stack_advice import note_stopped_stack
from monitor.settings import masked_url

db_app = typer.Typer(
    no_args_is_help=True, help="Create and check the tables of the ADE database, and look into it."
)


@db_app.command("upgrade")
def upgrade_command(context: typer.Context) -> None:
    """Create the tables, or bring them to the revision that this version needs.

    The database itself must exist; ADE_DATABASE__URL names it. Running this twice, or in two places at once,
    does no harm. Stop the workers of another version first.
    """
    from monitor.store import describe_database, required_revision, upgrade_database

    settings = settings_of(context)
    before = upgrade_database(settings)
    database, required = describe_database(settings.database), required_revision()
    if before == required:
        print_line(f"the database {database} is at revision {before}: nothing to do")
    else:
        print_line(f"the database {database} is now at revision {required} (was {before or 'empty'})")


@db_app.command("revision")
def revision_command(context: typer.Context) -> None:
    """Show the revision of the database, and the one that this version needs."""
    from monitor.store import current_revision, required_revision

    print_line(f"database: {current_revision(settings_of(context)) or 'none'}")
    print_line(f"needed:   {required_revision()}")


@db_app.command("check")
def check_command(context: typer.Context) -> None:
    """Exit with status 0 if the database can be reached and is at the revision that this version needs."""
    from monitor.store import current_revision, describe_database, required_revision, revision_error

    settings = settings_of(context)
    revision = current_revision(settings)
    if revision != required_revision():
        raise revision_error(revision, settings.database)
    print_line(f"the database {describe_database(settings.database)} is at revision {revision}, as needed")


@db_app.command("url")
def db_url_command(context: typer.Context, show_password: ShowPassword = False) -> None:
    """Print the URL of the database, for other programs. The password is masked unless requested."""
    from monitor.store.connections import database_url

    url = database_url(settings_of(context).database).set(drivername="postgresql")
    note_stopped_stack(context, "database.url")
    text = url.render_as_string(hide_password=False)
    print_line(text if show_password else masked_url(text))


@db_app.command("shell", context_settings=PASSED_ON)
def db_shell_command(
    context: typer.Context,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[OPTION…]", help="Options of psql, such as -c SQL.")
    ] = None,
) -> None:
    """Open psql on the database.

    Example: [bold]ade-monitor db shell -c 'SELECT count(*) FROM ade_report'[/]
    """
    from monitor.cli.client_programs import become_psql

    settings = settings_of(context)
    note_stopped_stack(context, "database.url")
    become_psql(settings.database, arguments or [])
