"""The database is full, at another revision, or an older one: nothing is lost, and the way back is known."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from monitor.embedded import Postgres
from monitor.settings import Settings
from monitor.store.revisions import downgrade_database
from tests.faults.conftest import TANSU
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.report import FaultReport
from tests.flow.conftest import send
from tests.processes import ade_monitor, running, wait_for

IMPATIENT = {"ADE_WORKER__RETRY_MAX_WAIT": "0.5", "ADE_WORKER__BATCH_SIZE": "64"}
OLDER = "0003"
"""A revision without columns that a batch writes."""


@pytest.fixture
def small_disk(server_folder: Path) -> Iterator[Path]:
    """A file system of 64 MB, which the user of Postgres may write to."""
    owner = (server_folder / "postgres").stat()
    folder = server_folder / "small-disk"
    folder.mkdir(mode=0o700)
    options = f"size=64m,mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounting.returncode:
        folder.rmdir()
        pytest.skip(f"a file system of 64 MB cannot be mounted: {mounting.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def test_a_full_disk(
    postgres: Postgres, migrated: Settings, small_disk: Path, report: FaultReport, tmp_path: Path
) -> None:
    database = urlsplit(migrated.database.url.get_secret_value()).path.lstrip("/")
    ballast = small_disk / "ballast"
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
        admin.execute(f"ALTER DATABASE {database} SET TABLESPACE small")
        try:
            with running(migrated, tmp_path, "worker", **IMPATIENT) as worker:
                with Load(migrated) as load:
                    wait_for(lambda: stored_posts(migrated) > 0, PATIENCE, watching=worker)
                    with pytest.raises(OSError, match="No space"), ballast.open("wb", buffering=0) as file:
                        while True:
                            file.write(bytes(4_096))
                    wait_for(lambda: "53100" in worker.output(), PATIENCE, watching=worker)
                    ballast.unlink()
                recovery_s = load.wait_until_done(migrated, worker)
                assert worker.stop() == 0, worker.output()
            damage = load.damage(migrated)
            report.add("Postgres: disk full", damage, broker=TANSU, recovery_s=recovery_s)
        finally:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,)
            )
            admin.execute(f"ALTER DATABASE {database} SET TABLESPACE pg_default")
            admin.execute("DROP TABLESPACE small")
    assert (damage.lost, damage.doubled) == (0, 0)


def test_another_revision_ends_the_worker_until_the_database_is_upgraded(
    migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    with running(migrated, tmp_path, "worker", **IMPATIENT) as worker:
        send(migrated, dated_values(500))
        wait_for(lambda: stored_posts(migrated) == 500, PATIENCE, watching=worker)
        downgrade_database(migrated, OLDER)
        send(migrated, dated_values(500, first=500))
        wait_for(lambda: worker.process.poll() is not None, PATIENCE)
        assert worker.process.returncode == 1, worker.output()
        assert "ade-monitor db upgrade" in worker.output()
    refused = ade_monitor(migrated, "worker")
    assert refused.returncode == 1
    assert f"is at revision {OLDER}" in refused.stderr
    assert "ade-monitor db upgrade" in refused.stderr
    assert ade_monitor(migrated, "db", "upgrade").returncode == 0
    load = Load(migrated)
    load.count = 1_000
    with running(migrated, tmp_path, "worker", **IMPATIENT) as successor:
        recovery_s = load.wait_until_done(migrated, successor)
        assert successor.stop() == 0, successor.output()
    # The older revision has no table for the counted offsets.
    damage = count_damage(migrated, load.ids, load.alerting, offsets=False)
    report.add("database at another revision", damage, broker=TANSU, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def test_a_restored_backup_gets_what_came_after_it_again(
    postgres: Postgres, migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    load = Load(migrated)
    database = urlsplit(migrated.database.url.get_secret_value()).path.lstrip("/")
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        for run in range(2):
            send(migrated, dated_values(1_000, first=1_000 * run))
            load.count += 1_000
            with running(migrated, tmp_path, "worker", **IMPATIENT) as worker:
                load.wait_until_done(migrated, worker)
                assert worker.stop() == 0, worker.output()
            if run == 0:
                admin.execute(f"CREATE DATABASE {database}_backup TEMPLATE {database}")
        admin.execute(f"DROP DATABASE {database} WITH (FORCE)")
        admin.execute(f"ALTER DATABASE {database}_backup RENAME TO {database}")
    assert stored_posts(migrated) == 1_000
    # The last worker counts as a member of the group until its session has ended.
    wait_for(lambda: _rewind(migrated) == "1,000 messages to read", PATIENCE)
    with running(migrated, tmp_path, "worker", **IMPATIENT) as worker:
        recovery_s = load.wait_until_done(migrated, worker)
        assert worker.stop() == 0, worker.output()
    damage = load.damage(migrated)
    report.add("restored backup, rewound to it", damage, broker=TANSU, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def _rewind(settings: Settings) -> str:
    rewound = ade_monitor(settings, "topics", "rewind", "--to", "database")
    assert not rewound.returncode or "are running" in rewound.stderr, rewound.stderr
    return (rewound.stdout.splitlines() or [""])[-1]
