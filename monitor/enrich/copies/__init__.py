"""Copies: texts that repeat an earlier text, word for word or nearly so.

normalizing  the words of a text, without what copies change
keys         what copies have in common, as short digests that the database can look up
comparing    whether one post tells what another one tells, in nearly the same words
"""

from monitor.enrich.copies.comparing import MIN_SIMILARITY, Account, named_drugs, similarity
from monitor.enrich.copies.keys import (
    ALGORITHM,
    LONGEST_TEXT,
    SHORTEST_COPY,
    copy_keys,
    is_part_key,
    reference_key,
)
from monitor.enrich.copies.normalizing import NormalText, normalize

__all__ = [
    "ALGORITHM",
    "LONGEST_TEXT",
    "MIN_SIMILARITY",
    "SHORTEST_COPY",
    "Account",
    "NormalText",
    "copy_keys",
    "is_part_key",
    "named_drugs",
    "normalize",
    "reference_key",
    "similarity",
]
