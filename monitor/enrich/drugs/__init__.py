"""The drugs that a post names.

dictionary         names of drugs, and the TSV files that list them
name_search        many names at once, as whole words (Aho-Corasick)
misspellings       words that are close to a name
spellings          plurals, and combinations in any order
hashtags           names inside of longer hashtags
ambiguity          names that also mean something else
matcher            all of it: a text in, mentions out
text_lines         lines of the dictionaries of others
rxnorm_files       RxNorm
whodrug_files      WHODrug, formats B3 and C3
loading            the matcher with the drugs of the package and of the settings
build_dictionary   two of the data files, from packages of others (a command)
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
