"""`ade-monitor db`: make and check the tables of the ADE database."""

from __future__ import annotations

import typer

from monitor.cli.console import out
from monitor.cli.options import settings_of

db_app = typer.Typer(no_args_is_help=True, help="Make and check the tables of the ADE database.")


@db_app.command("upgrade")
def upgrade_command(context: typer.Context) -> None:
    """Create the tables, or bring them to what this version needs.

    The database itself must exist, and is named by ADE_DATABASE__URL. Doing it twice, or from two places
    at once, is fine. Stop the workers of another version first.
    """
    from monitor.store import describe_database, required_revision, upgrade_database

    settings = settings_of(context)
    before = upgrade_database(settings)
    where = describe_database(settings.database)
    if before == required_revision():
        out.print(f"the database {where} is at revision {before}: nothing to do", markup=False)
    else:
        out.print(
            f"the database {where} is now at revision {required_revision()} (was {before or 'empty'})",
            markup=False,
        )


@db_app.command("revision")
def revision_command(context: typer.Context) -> None:
    """Show the revision of the database, and the one that this version needs."""
    from monitor.store import current_revision, required_revision

    found = current_revision(settings_of(context))
    out.print(f"database: {found or 'none'}", markup=False)
    out.print(f"needed:   {required_revision()}", markup=False)


@db_app.command("check")
def check_command(context: typer.Context) -> None:
    """End with status 0 where the database is reachable and at the revision that this version needs."""
    from monitor.store import current_revision, describe_database, required_revision, revision_error

    settings = settings_of(context)
    found = current_revision(settings)
    if found != required_revision():
        raise revision_error(found, settings.database)
    where = describe_database(settings.database)
    out.print(f"the database {where} is at revision {found}, as it should be", markup=False)
