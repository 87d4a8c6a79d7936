"""Cases: the posts of one author about one drug and one effect, see `docs/cases.md`.

matching        which case a report belongs to
assigning       the rows of the cases of a batch
case_statements  their SQL, and that of erasures and of retention
reading         lists of cases, and one case with its posts and its history
changing        status, owner, due date and notes
"""

from monitor.store.cases.assigning import assign_cases
from monitor.store.cases.changing import KEEP, CaseChange, CaseStatus, change_case
from monitor.store.cases.reading import CaseDetails, CaseFilters, CaseSummary, find_cases, read_case

__all__ = [
    "KEEP",
    "CaseChange",
    "CaseDetails",
    "CaseFilters",
    "CaseStatus",
    "CaseSummary",
    "assign_cases",
    "change_case",
    "find_cases",
    "read_case",
]
