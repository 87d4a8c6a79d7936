"""The drugs that a post names.

dictionary         names of drugs, and the TSV files that list them
name_search        many names at once, as whole words (Aho-Corasick)
misspellings       words that are close to a name
ambiguity          names that also mean something else
matcher            all of it: a text in, mentions out
loading            the matcher with the drugs of the package and of the settings
errors             a file of drugs that cannot be used
"""

from monitor.enrich.drugs.dictionary import Dictionary, DrugName, dictionary_of, read_drug_table
from monitor.enrich.drugs.errors import DrugFileError
from monitor.enrich.drugs.loading import load_matcher
from monitor.enrich.drugs.matcher import DrugMatcher

__all__ = [
    "Dictionary",
    "DrugFileError",
    "DrugMatcher",
    "DrugName",
    "dictionary_of",
    "load_matcher",
    "read_drug_table",
]
