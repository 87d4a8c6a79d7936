"""The command `python -m benchmarks.exports`."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Final

import psycopg
from pydantic import SecretStr

import benchmarks.exports
from benchmarks.measured_process import run_module
from monitor.embedded import Postgres
from monitor.settings import DatabaseSettings, Settings
from monitor.store import upgrade_database

CASES: Final = (
    ("jsonl", "plain"),
    ("jsonl", "mask"),
    ("csv", "plain"),
    ("parquet", "plain"),
    ("xlsx", "plain"),
)

FILL: Final = (
    "INSERT INTO tweets (tweet_id, posted_at, lang, text, platform, url) SELECT n::text, "
    "timestamptz '2026-01-01' + n * interval '7 s', 'en', "
    "'@user' || n || ' day ' || n %% 90 || ' on zoloft and i cannot stop shaking, ' "
    "|| repeat('so tired ', 10), "
    "'x', 'https://x.com/user' || n || '/status/' || n FROM generate_series(1, %(rows)s) AS n",
    "INSERT INTO predictions (tweet_id, posted_at, bundle, label, probability) "
    "SELECT tweet_id, posted_at, 'bench', 'ADE', 0.9 FROM tweets",
    'INSERT INTO mentions (tweet_id, posted_at, bundle, start, "end", text, score, ptid, pt_name, pt_score, '
    "drug) SELECT tweet_id, posted_at, 'bench', position('shaking' IN text) - 1, "
    "position('shaking' IN text) + 6, 'shaking', "
    "0.9, '10044565', 'Tremor', 0.8, 'sertraline' FROM tweets",
)


def main() -> None:
    """Read the options, fill a database, run every case, and print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.exports",
        description=benchmarks.exports.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        server = Postgres(Path(name) / "postgres")
        server.start()
        try:
            upgrade_database(Settings(database=DatabaseSettings(url=SecretStr(server.url))))
            with psycopg.connect(server.url) as connection:
                for statement in FILL:
                    connection.execute(statement, {"rows": rows} if "%(rows)s" in statement else None)
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
            environment = {"ADE_DATABASE__URL": server.url}
            for file_format, mask in CASES:
                for limit in (rows // 10, rows):
                    path = Path(name) / f"{mask}-{limit}.{file_format}"
                    arguments = [file_format, limit, mask, path]
                    figures = run_module("benchmarks.exports.one_export", arguments, environment)
                    print(json.dumps({"format": file_format, "text": mask, **figures}), flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
