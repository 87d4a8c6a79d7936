"""The robustness suite: what a scorer must be able to do, in small cases by capability.

After CheckList (Ribeiro et al., ACL 2020): minimum functionality (MFT), invariance (INV) and direction (DIR).
Its lists and sentences are its own. None of its sentences is one that training tweets are generated from, but
for the plainest of all ("{drug} gave me {noun}"); medicines and effects are those that anybody would name.
"""

from training.checklist.markdown import checklist_document, checklist_table
from training.checklist.results import Capability, ChecklistReport
from training.checklist.suite import CAPABILITIES, checklist_cases, run_checklist

__all__ = [
    "CAPABILITIES",
    "Capability",
    "ChecklistReport",
    "checklist_cases",
    "checklist_document",
    "checklist_table",
    "run_checklist",
]
