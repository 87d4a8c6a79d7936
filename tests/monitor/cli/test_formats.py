"""`ade-monitor formats` lists everything that can be read."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.feed import AUTO, PACKINGS, format_names


def test_every_value_of_the_option_format_is_listed() -> None:
    records = [
        json.loads(line) for line in CliRunner().invoke(app, ["formats", "--json"]).stdout.splitlines()
    ]
    names = {record["name"] for record in records if record["kind"] in ("file", "json")}
    assert names == {*format_names()} - {AUTO}
    assert {record["name"] for record in records if record["kind"] == "packing"} == {
        packing.name for packing in PACKINGS
    }
    assert all(record["title"] for record in records)


def test_the_table_has_a_row_for_each_format() -> None:
    rows = CliRunner().invoke(app, ["formats"]).stdout.splitlines()
    assert {row.split()[0] for row in rows[1:]} >= {*format_names()} - {AUTO}
