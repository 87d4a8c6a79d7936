"""Exports: effects and cases as files that say where they come from, see `docs/exports.md`.

export_datasets   what can be exported, in which order
signal_dataset    the table of signals
export_columns    the columns of a table, from the record of its rows
row_lines         rows as lines of CSV and JSON Lines, also for `ade-monitor query`
file_formats      the formats, and how a file of rows becomes one
workbook_writing  XLSX
parquet_files     Parquet
text_masking      names and handles in texts
destination       the names of the files, and the checks before any work
export_state      how far an unfinished export is
unfinished        its rows, which can be continued
audited_exports   the audit entries of its starts and its end
provenance        who, when, from what, and by which filters
exporting         an export from its first audit entry to its name
e2b               reports of cases as E2B(R3) files
"""

from monitor.exports.errors import ExportError

__all__ = ["ExportError"]
