"""A MedDRA release: its terms, the hierarchy above them, its SMQs, and lists of important events.

terms         the terms of each level, and all of them together as a `Terminology`
asc_file      the rows of an .asc file, and the faults in them
release       a folder of .asc files
level_files   the levels above the PTs, each in a file of its own
smqs          Standardised MedDRA Queries and their terms
smq_files     the files of SMQs
event_lists   lists of important or designated medical events
pt_groups     all groups of the PTs of a release
index_file    a terminology as one compressed file, for a bundle to carry
packaged_names  the PTs of the default bundle
"""

from models.errors import TerminologyError
from models.terminology.asc_file import ReleaseFault
from models.terminology.event_lists import EventList, UnknownEntry, read_event_list
from models.terminology.index_file import read_index, write_index
from models.terminology.packaged_names import packaged_pt_names
from models.terminology.pt_groups import (
    CANNOT_FILTER,
    LIST_NAMES,
    GroupedRelease,
    GroupInspection,
    GroupKind,
    PtGroup,
    inspect_grouped_release,
    read_grouped_release,
)
from models.terminology.release import LOST_WITHOUT, Inspection, inspect_release, read_release
from models.terminology.smqs import Scope, Smq, Smqs, SmqTerm
from models.terminology.terms import LONGEST_TERM, LONGEST_VERSION, Level, Llt, Terminology, TermPath

__all__ = [
    "CANNOT_FILTER",
    "LIST_NAMES",
    "LONGEST_TERM",
    "LONGEST_VERSION",
    "LOST_WITHOUT",
    "EventList",
    "GroupInspection",
    "GroupKind",
    "GroupedRelease",
    "Inspection",
    "Level",
    "Llt",
    "PtGroup",
    "ReleaseFault",
    "Scope",
    "Smq",
    "SmqTerm",
    "Smqs",
    "TermPath",
    "Terminology",
    "TerminologyError",
    "UnknownEntry",
    "inspect_grouped_release",
    "inspect_release",
    "packaged_pt_names",
    "read_event_list",
    "read_grouped_release",
    "read_index",
    "read_release",
    "write_index",
]
