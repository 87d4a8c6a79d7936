"""`ade-monitor db`: create and check the tables of the ADE database, and look into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.console import print_error, print_line, print_note
from monitor.cli.options import PASSED_ON, ShowPassword, settings_of
from monitor.cli.stack_advice import note_stopped_stack
from monitor.settings import Settings, masked_url

db_app = typer.Typer(
    no_args_is_help=True, help="Create and check the tables of the ADE database, and look into it."
)


@db_app.command("upgrade")
def upgrade_command(context: typer.Context) -> None:
    """Create the tables, or bring them to the revision that this version needs.

    The database itself must exist; ADE_DATABASE__URL names it. Running this twice, or in two places at once,
    does no harm. Stop the workers of another version first.
    """
    from monitor.store import (
        describe_database,
        required_revision,
        upgrade_database,
    )

    settings = settings_of(context)
    before = upgrade_database(settings)
    database, required = describe_database(settings.database), required_revision()
    if before == required:
        print_line(f"the database {database} is at revision {before}: nothing to do")
    else:
        print_line(f"the database {database} is now at revision {required} (was {before or 'empty'})")
        _set_up_roles(settings)


def _set_up_roles(settings: Settings) -> None:
    """Set up the roles in a database at the required revision, and print what could not be done."""
    from monitor.store import missing_roles_advice, new_rights_advice, set_up_roles

    state = set_up_roles(settings)
    for advice in (missing_roles_advice(settings.database, state), new_rights_advice(settings.database)):
        if advice:
            print_note(advice)


@db_app.command("roles")
def roles_command(
    context: typer.Context,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL for a superuser instead.")] = False,
) -> None:
    """Set up the roles of writers, readers, reviewers and admins; ade_admin then owns the tables.

    `db upgrade` does this, too, if its login may create roles. Running this again does no harm.
    """
    from monitor.store import missing_roles_advice, set_up_roles
    from monitor.store.roles import ROLES, SETUP_ROLES

    if sql:
        for line in SETUP_ROLES.splitlines():
            print_line(line)
        return
    settings = settings_of(context)
    state = set_up_roles(settings)
    if advice := missing_roles_advice(settings.database, state):
        print_error(advice)
        raise typer.Exit(1)
    print_line(f"{', '.join(ROLES)} have their rights, and ade_admin owns the tables")


@db_app.command("backup")
def backup_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the backup goes.")],
    recipient: Annotated[
        list[Path],
        typer.Option("--recipient", metavar="KEY", help="File of a public key of gpg. Repeatable."),
    ],
) -> None:
    """Write the whole database to an encrypted file (pg_dump and gpg). Workers may go on meanwhile.

    Only the owners of the keys can read it. The key of author hashes and passwords are not in it.

    Example: [bold]ade-monitor db backup ade.dump.gpg --recipient backup-key.asc[/]
    """
    from monitor.cli.backup import back_up

    size = back_up(settings_of(context), file, recipient)
    print_line(f"{file}: {size / 1e6:,.1f} MB, encrypted")


@db_app.command("restore")
def restore_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only check that the file is complete and can be read.")
    ] = False,
) -> None:
    """Read a backup into an empty database. gpg must have the private key. Stop the workers first.

    The file is decrypted first to check it, and then into one transaction.
    """
    from monitor.cli.backup import check_backup, restore
    from monitor.store import current_revision, required_revision

    if check:
        program = check_backup(file)
        print_line(f"{file} is complete, and pg_restore {program.version} can read it")
        return
    settings = settings_of(context)
    restore(settings, file)
    print_line(f"{file} is restored")
    # An older database gets its rights from `db upgrade`: the roles need the tables of today.
    if current_revision(settings) == required_revision():
        _set_up_roles(settings)
    print_note(
        "next: `ade-monitor db upgrade`, then `ade-monitor topics rewind --to database`, then start the "
        "workers; repeat what was erased by hand since the backup"
    )


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
