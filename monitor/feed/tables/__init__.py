"""Tables: delimited text, workbooks, Parquet and Arrow.

table_formats   the formats, and how a file is recognized
text_tables     text files: encoding, dialect, header
delimited       lines to rows; `dialects` detects what separates the columns
workbooks       XLSX and its relatives
columnar        Parquet and Arrow
column_choice   which column has what, from `table_profiles` (titles) or from the content
table_entries   rows to entries, with `cell_values` and `local_dates`
label_columns   annotation files, which have no posts
damaged_ids     ids that spreadsheets have rounded
"""

from monitor.feed.tables.table_formats import TABLE_FORMATS

__all__ = ["TABLE_FORMATS"]
