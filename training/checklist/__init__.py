"""The robustness suite: what a scorer must be able to do, in small cases by capability.

After CheckList (Ribeiro et al., ACL 2020): minimum functionality (MFT), invariance (INV) and direction (DIR).

The suite has its own word lists and sentences. It shares no sentence with the generated tweets that bundles
are trained on, except the plainest ones ("{drug} gave me {noun}"). Names of medicines and effects are common
ones and occur in both.

cases         a text, and what a scorer must predict for it
vocabulary    effects, medicines and people
slot_filling  sentences from templates
case_makers   cases from templates, and from changed sentences
text_changes  changes that keep the meaning
verdicts      whether a prediction is what a case demands
suite         the capabilities, and running them
results       the report
"""

from training.checklist.results import (
    CHECKLIST_HEADINGS,
    Capability,
    ChecklistReport,
    checklist_document,
    checklist_rows,
    checklist_table,
)
from training.checklist.suite import CAPABILITIES, checklist_cases, run_checklist

__all__ = [
    "CAPABILITIES",
    "CHECKLIST_HEADINGS",
    "Capability",
    "ChecklistReport",
    "checklist_cases",
    "checklist_document",
    "checklist_rows",
    "checklist_table",
    "run_checklist",
]
