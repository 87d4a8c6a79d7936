"""A MedDRA release: its Preferred Terms, its Lowest Level Terms, and the hierarchy above them.

terms         one term of each level, as records
dictionary    the whole: names, LLT to PT, HLT and SOC of a PT
asc_file      the rows of an .asc file, and what is wrong with them
release       a folder of .asc files
mdhier        the paths of the hierarchy
index_file    the whole as one compressed file, for a bundle to carry
"""

from models.errors import TerminologyError
from models.terminology.asc_file import Fault
from models.terminology.dictionary import Terminology
from models.terminology.release import Inspection, inspect_release, read_release
from models.terminology.terms import Level, Llt, TermPath

__all__ = [
    "Fault",
    "Inspection",
    "Level",
    "Llt",
    "TermPath",
    "Terminology",
    "TerminologyError",
    "inspect_release",
    "read_release",
]
