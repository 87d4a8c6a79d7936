"""`ade-monitor db`: create and check the tables of the ADE database."""

from __future__ import annotations

import typer

from monitor.cli.console import print_line
from monitor.cli.options import settings_of

db_app = typer.Typer(no_args_is_help=True, help="Create and check the tables of the ADE database.")


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
