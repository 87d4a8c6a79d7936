"""A MedDRA release: its Preferred Terms, its Lowest Level Terms, and the hierarchy above them.

terms         the terms of each level, and all of them together as a `Terminology`
asc_file      the rows of an .asc file, and the faults in them
release       a folder of .asc files
index_file    a terminology as one compressed file, for a bundle to carry
"""

from models.errors import TerminologyError
from models.terminology.asc_file import ReleaseFault
from models.terminology.index_file import read_index, write_index
from models.terminology.release import LOST_WITHOUT, Inspection, inspect_release, read_release
from models.terminology.terms import LONGEST_TERM, LONGEST_VERSION, Level, Llt, Terminology, TermPath

__all__ = [
    "LONGEST_TERM",
    "LONGEST_VERSION",
    "LOST_WITHOUT",
    "Inspection",
    "Level",
    "Llt",
    "ReleaseFault",
    "TermPath",
    "Terminology",
    "TerminologyError",
    "inspect_release",
    "read_index",
    "read_release",
    "write_index",
]
