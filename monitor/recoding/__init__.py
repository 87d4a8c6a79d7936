"""Code stored mentions again by another release of MedDRA, and report what changes.

recoded_texts   from the words that are to be coded to rows in the database
change_report   which codes, SOCs, SMQs and counts differ from the original coding
"""

from monitor.recoding.change_report import ChangedCode, ChangedGroup, ChangeReport, report_changes
from monitor.recoding.recoded_texts import SpanCoder, recode_mentions

__all__ = [
    "ChangeReport",
    "ChangedCode",
    "ChangedGroup",
    "SpanCoder",
    "recode_mentions",
    "report_changes",
]
