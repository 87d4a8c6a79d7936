"""Product labels: which effects they list, for the question whether an effect of a drug is new.

label           a label as it was read, and its sections
product_label_files  files and archives; each is read by what it starts with
openfda         labels of openFDA (JSON)
json_objects    the objects of a large JSON file, one at a time
spl             labels of DailyMed (SPL, XML)
smpc            section 4.8 of a European SmPC
documents       the lines of PDF, DOCX and text files
label_sentences the sentences of a section
effect_finder   the effects in a sentence, found by a bundle
drug_of_label   the drug of a label
importing       all of it, label by label
included        the first labels, which are part of the package
build_included  makes their file from the TAC 2017 corpus
errors          a label that cannot be used

`effect_finder` and `importing` need torch, so they are imported where they are used.
"""

from monitor.labels.drug_of_label import canonical_drug
from monitor.labels.errors import LabelError
from monitor.labels.product_label_files import read_product_labels

__all__ = ["LabelError", "canonical_drug", "read_product_labels"]
