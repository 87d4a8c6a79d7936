"""The drugs that a post names.

drug_dictionary    names of drugs, and the TSV files that list them
name_search        many names at once, as whole words (Aho-Corasick)
misspellings       words that are close to a name
spellings          plurals, and combinations in any order
hashtags           names inside of longer hashtags
ambiguity          names that also mean something else
matcher            all of it: a text in, mentions out
choice             the drug, or the class, that someone asks for
text_lines         lines of the dictionaries of others
rxnorm_files       RxNorm
whodrug_files      WHODrug, formats B3 and C3
matcher_loading    the matcher with the drugs of the package and of the settings
build_dictionary   two of the data files, from packages of others (a command)
errors             a file that cannot be used, a name that is not known
"""

from monitor.enrich.drugs.choice import DrugChoice, choose_drug, ingredient_filter, stored_drug
from monitor.enrich.drugs.drug_dictionary import (
    Dictionary,
    DrugName,
    dictionary_of,
    name_key,
    read_drug_table,
)
from monitor.enrich.drugs.errors import DrugFileError, UnknownDrugError
from monitor.enrich.drugs.matcher import DrugMatcher
from monitor.enrich.drugs.matcher_loading import load_matcher
from monitor.enrich.drugs.name_search import NameSearch, padded_words, spaced_words

__all__ = [
    "Dictionary",
    "DrugChoice",
    "DrugFileError",
    "DrugMatcher",
    "DrugName",
    "NameSearch",
    "UnknownDrugError",
    "choose_drug",
    "dictionary_of",
    "ingredient_filter",
    "load_matcher",
    "name_key",
    "padded_words",
    "read_drug_table",
    "spaced_words",
    "stored_drug",
]
