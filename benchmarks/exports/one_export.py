"""One export in a process of its own: `python -m benchmarks.exports.one_export FORMAT LIMIT MASK FILE`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.measured_process import memory_mb
from monitor.exports.destination import ExportFiles
from monitor.exports.export_datasets import effects_dataset
from monitor.exports.export_state import ExportRequest
from monitor.exports.exporting import plan_export, run_export
from monitor.settings import load_settings
from monitor.store import Filters
from monitor.store.origin import count_erased_rows, read_origin


def main(file_format: str, limit: int, mask: bool, path: Path) -> None:
    """Export some effects, and print the figures as one JSON object."""
    settings = load_settings({}).settings
    dataset = effects_dataset(settings, Filters(limit=limit))
    origin = read_origin(settings)
    columns = [column.name for column in dataset.columns]
    request = ExportRequest("effects", file_format, {}, mask, False, False, origin.database, columns)
    started, processor = time.monotonic(), time.process_time()
    plan = plan_export(request, ExportFiles(path), origin, {}, erased_rows=count_erased_rows(settings))
    finished = run_export(settings, plan, dataset, lambda rows: None)
    seconds = time.monotonic() - started
    figures = {
        "rows": finished.provenance["rows"],
        "seconds": round(seconds, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
        "peak_mb": round(memory_mb("VmHWM"), 1),
        "file_mb": round(finished.provenance["bytes"] / 2**20, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "mask", Path(sys.argv[4]))
