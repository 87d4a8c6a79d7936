"""Cases: the posts of one author about one drug and one effect, see `docs/cases.md`.

matching        which case a report belongs to
assigning       the rows of the cases of a batch
"""

from monitor.store.cases.assigning import assign_cases, leave_cases

__all__ = ["assign_cases", "leave_cases"]
