"""`ade-monitor db backup` and `db restore`: the database in an encrypted file.

    pg_dump | gpg --encrypt   and   gpg --decrypt | pg_restore

The machine that makes backups has the public key only, so it cannot read them. No unencrypted byte is written
to a disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from monitor.cli.client_programs import psql_address
from monitor.cli.dump_programs import BackupError, DumpProgram, installed_programs, programs_for
from monitor.settings import Settings
from monitor.store import current_revision, describe_database

# Owners and rights belong to a server. After a restore, `set_up_roles` makes them again.
_ALIKE: Final = ("--no-owner", "--no-privileges")
DUMP: Final = ("--format=custom", *_ALIKE)
RESTORE: Final = ("--exit-on-error", "--single-transaction", *_ALIKE)
ENCRYPT: Final = (
    "--batch",
    "--yes",
    "--no-tty",
    "--quiet",
    "--trust-model",
    "always",
    "--compress-algo",
    "none",
)
DECRYPT: Final = ("--quiet", "--decrypt")


def back_up(settings: Settings, file: Path, recipients: Sequence[Path]) -> int:
    """Write the whole database to an encrypted file, and return the size of the file in bytes.

    An unfinished backup has the suffix `.unfinished`, and is deleted after a failure.

    Args:
        settings: the database.
        file: where the backup goes; an older one is replaced at the end.
        recipients: files of public keys; the owner of any of them can read the backup.

    Raises:
        BackupError: a program is missing or failed, or a file cannot be read or written.
        MonitorError: the database is away or refuses.
    """
    database = settings.database
    if current_revision(settings) is None:
        raise BackupError(f"the database {describe_database(database)} has no tables", "correct database.url")
    for key in recipients:
        if not key.is_file():
            raise BackupError(f"there is no public key in {key}", "make it with `gpg --export --armor NAME`")
    address, secrets = psql_address(database)
    dump = [programs_for("pg_dump", database)[0].path, *DUMP, f"--dbname={address}"]
    encrypt = [_gpg(), *ENCRYPT, *(f"--recipient-file={key}" for key in recipients), "--encrypt"]
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            _pipe(dump, encrypt, output, secrets)
            os.fsync(output.fileno())
        unfinished.replace(file)
        return file.stat().st_size
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def check_backup(file: Path, programs: Sequence[DumpProgram] | None = None) -> DumpProgram:
    """Decrypt a backup to its end, to know that it is complete and unchanged, and that the key is right.

    Args:
        file: the backup.
        programs: of pg_restore; by default all that are installed.

    Returns:
        The first program that can read the table of contents.

    Raises:
        BackupError: one of these is not so, no program can read it, or a program is missing.
    """
    if not file.is_file():
        raise BackupError(f"there is no file {file}")
    with file.open("rb") as source:
        ended = subprocess.run(
            [_gpg(), *DECRYPT], stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
    if ended.returncode:
        raise BackupError(
            f"{file} cannot be decrypted: {_last_line(ended.stderr)}",
            "import the private key into gpg; if it is there, the file is damaged: use another copy",
        )
    return _reader(file, installed_programs("pg_restore") if programs is None else programs)


def _reader(file: Path, programs: Sequence[DumpProgram]) -> DumpProgram:
    problems = []
    for program in programs:
        with (
            file.open("rb") as source,
            subprocess.Popen(
                [_gpg(), *DECRYPT], stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as left,
        ):
            # It ends after the table of contents, and gpg with it.
            listed = subprocess.run(
                [program.path, "--list"],
                stdin=left.stdout,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
        if not listed.returncode:
            return program
        problems.append(f"pg_restore {program.version}: {_last_line(listed.stderr)}")
    raise BackupError(
        f"{file} can be decrypted, but not restored ({'; '.join(problems) or 'there is no pg_restore'})",
        "install the client of the version of PostgreSQL whose pg_dump made it, and restore it into a server "
        "that is not older",
    )


def restore(settings: Settings, file: Path) -> None:
    """Read a backup into an empty database, in one transaction.

    Raises:
        BackupError: a program is missing or failed, the backup is damaged, or the database is not empty.
        MonitorError: the database is away or refuses.
    """
    database = settings.database
    if current_revision(settings) is not None:
        raise BackupError(
            f"the database {describe_database(database)} has tables already",
            "create an empty one, and name it in database.url (ADE_DATABASE__URL)",
        )
    program = check_backup(file, programs_for("pg_restore", database))
    address, secrets = psql_address(database)
    with file.open("rb") as source:
        _pipe(
            [_gpg(), *DECRYPT],
            [program.path, *RESTORE, f"--dbname={address}"],
            subprocess.DEVNULL,
            secrets,
            source=source,
        )


def _pipe(
    first: Sequence[str],
    second: Sequence[str],
    output: IO[bytes] | int,
    variables: Mapping[str, str],
    *,
    source: IO[bytes] | int = subprocess.DEVNULL,
) -> None:
    """Run `first | second`, and check that both succeeded."""
    environment = {**os.environ, "PGAPPNAME": "ade-monitor db", **variables}
    with (
        tempfile.TemporaryFile() as complaint,
        tempfile.TemporaryFile() as other_complaint,
        subprocess.Popen(
            first, stdin=source, stdout=subprocess.PIPE, stderr=complaint, env=environment
        ) as left,
        subprocess.Popen(
            second, stdin=left.stdout, stdout=output, stderr=other_complaint, env=environment
        ) as right,
    ):
        if left.stdout is not None:
            left.stdout.close()  # so that `left` ends if `right` does
        ended = [(first, left.wait(), complaint), (second, right.wait(), other_complaint)]
        problems = [_problem(command[0], messages) for command, status, messages in ended if status]
    if problems:
        raise BackupError("; ".join(problems))


def _problem(program: str, messages: IO[bytes]) -> str:
    messages.seek(0)
    return f"{Path(program).name} failed: {_last_line(messages.read())}"


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it printed no reason"


def _gpg() -> str:
    program = shutil.which("gpg")
    if program is None:
        raise BackupError("there is no gpg on this machine", "install GnuPG (Debian: apt install gnupg)")
    return program
