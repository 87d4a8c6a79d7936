"""Files of all formats: posts a second on one core, compared with `csv.DictReader`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import openpyxl
import pyarrow
import pyarrow.feather
import pyarrow.parquet

from benchmarks.inference.interleaving import TimedTask, run_rounds
from benchmarks.ingest.file_reading import count_valid
from benchmarks.ingest.platform_posts import stream_lines

BASELINE: Final = "csv.DictReader"
_FIRST_ID: Final = 1_785_595_011_388_149_761
_TEXTS: Final = (
    "day 3 on zoloft and i can't stop shaking",
    "does anyone else get headaches from lexapro? they start an hour after the pill, every single day",
    "seroquel knocked me out for twelve hours, and i still feel dizzy",
)


def measure_files(
    folder: Path, *, posts: int, rounds: int, seconds: float, show: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Write a file of each format, and time reading them and the baseline alternately.

    Args:
        folder: where the files are written.
        posts: number of posts in each file.
        rounds: the most rounds.
        seconds: a round that would end later is not started.
        show: called with what runs.
    """
    show("writing files")
    paths = write_files(folder, posts)
    baseline = TimedTask("baseline", BASELINE, 1, posts, lambda count: _read_csv(paths["csv"], count))
    tasks = [TimedTask("file", name, 1, posts, _reading(path)) for name, path in paths.items()]
    timings = run_rounds([baseline, *tasks], rounds=rounds, seconds=seconds, show=show)
    rows = []
    for task, path in zip(tasks, paths.values(), strict=True):
        timing = timings[task.key]
        rows.append(
            {
                "file": task.name,
                "mb": round(path.stat().st_size / 1e6, 1),
                "posts_a_second": round(timing.rate),
                "posts_a_cpu_second": round(timing.cpu_rate),
                "time_to_csv_reader": round(1 / timing.speedup_over(timings[baseline.key]), 2),
            }
        )
    return rows


def write_files(folder: Path, posts: int) -> dict[str, Path]:
    """Write the same invented posts in each format, and return the paths by the names of the formats."""
    paths = {
        name: folder / f"posts.{extension}"
        for name, extension in {
            "jsonl": "jsonl",
            "json": "json",
            "csv": "csv",
            "tsv": "tsv",
            "xlsx": "xlsx",
            "parquet": "parquet",
            "arrow": "arrow",
        }.items()
    }
    lines = list(stream_lines(posts))
    paths["jsonl"].write_bytes(b"".join(lines))
    paths["json"].write_bytes(b"[" + b",".join(lines) + b"]")
    rows = list(_rows(posts))
    for name, delimiter in (("csv", ","), ("tsv", "\t")):
        with paths[name].open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys(), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("posts")
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    workbook.save(paths["xlsx"])
    table = pyarrow.Table.from_pylist(rows)
    pyarrow.parquet.write_table(table, paths["parquet"])
    pyarrow.feather.write_feather(table, str(paths["arrow"]))
    return paths


def _rows(posts: int) -> Iterator[dict[str, str]]:
    for number in range(posts):
        yield {
            "tweet_id": str(_FIRST_ID + 4_194_304 * number),
            "text": f"{_TEXTS[number % len(_TEXTS)]} {number}",
            "author_id": str(900_000 + number % 1_000),
            "created_at": f"2024-05-{1 + number % 28:02}T09:00:{number % 60:02}Z",
            "lang": "en",
        }


def _reading(path: Path) -> Callable[[int], float]:
    def run(count: int) -> float:
        valid = count_valid(path, limit=count)
        if valid != count:
            raise RuntimeError(f"{path.name} has {valid} valid posts instead of {count}")
        return 0.0

    return run


def _read_csv(path: Path, count: int) -> float:
    with path.open(newline="", encoding="utf-8") as file:
        for number, _ in enumerate(csv.DictReader(file), 1):
            if number == count:
                break
    return 0.0
