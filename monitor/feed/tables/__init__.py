"""Tables: delimited text, workbooks, Parquet and Arrow.

table_formats   the formats, and how a file is recognized
text_tables     text files: encoding, dialect, header
delimited       lines to rows; `dialects` detects what separates the columns
workbooks       XLSX and its relatives
columnar        Parquet and Arrow
column_choice   which column has what, from its title or from the content
column_titles   usual titles; `listening_tools` has those of tools, `table_profiles` puts them together
table_entries   rows to entries: `row_fields` combines cells, `cell_values` and `local_dates` read them
reddit_rows     rows of Reddit, which the source for Reddit reads
label_columns   annotation files, which have no posts
damaged_ids     ids that spreadsheets have rounded
"""

from monitor.feed.tables.dialects import parse_delimiter
from monitor.feed.tables.local_dates import parse_date_order
from monitor.feed.tables.table_formats import TABLE_FORMATS

__all__ = ["TABLE_FORMATS", "parse_date_order", "parse_delimiter"]
