"""Corpora: readers that check each row and log each fault with its place, preparation, and splits.

corpus_formats, corpus_options  all formats by name, and what they leave open
smm4h_corpus, smm4h_tables      the official SMM4H files, and their tables
brat, standoff                  brat's folders, TwiMed and CADEC, and the rows of their files
ade_v2, phee, psytar, tac       readers of other corpora
conll, doccano, spacy_records   readers of tagged tokens, and of what annotation tools export
huggingface, dataset_rows       reader of local data sets of Hugging Face, and the rows of their files
reviews                         reader of reviews that the monitor exports
jsonl                           reader of the format that `ade-train prepare` writes
model_labels                    labels that a language model gave, which are refused unless allowed
span_records                    texts with spans as tools export them, and the examples that they become
effect_labels                   what labels of texts, spans and relations mean
offsets                         what offsets count, and spans that cut words
lay_phrases                     patients' phrases with PT codes
mentions, passages              annotated effects in documents, and documents cut into tweet-sized texts
reading_log                     what was read, dropped and changed
cleaning                        codes to PTs; duplicates, overlaps and fragments
splits                          names of splits, and dividing a corpus
preparation                     all of it in order
prepared                        the folder that this writes
"""

from training.corpora.cleaning import clean_sentences, comparison_form, lift_codes
from training.corpora.corpus_formats import AUTO, FORMATS, CorpusFormat, recognize_format
from training.corpora.corpus_options import OFFSET_UNITS, CorpusOptions, OffsetUnit
from training.corpora.jsonl import read_records
from training.corpora.lay_phrases import read_lay_phrases
from training.corpora.mentions import find_phrase
from training.corpora.model_labels import has_model_labels, mark_model_labels
from training.corpora.preparation import Preparation, prepare_corpus
from training.corpora.prepared import (
    DESCRIPTION_FOLDER,
    example_record,
    read_split,
    read_splits,
    require_corpus_folder,
    split_counts,
    split_file,
    split_names,
    to_jsonl,
    write_corpus,
    write_examples,
)
from training.corpora.reading_log import CorpusFault, ReadingLog
from training.corpora.smm4h_corpus import read_smm4h_corpus
from training.corpora.splits import (
    SPLITS,
    hash_position,
    require_split,
    split_by_document,
    split_from_name,
)

__all__ = [
    "AUTO",
    "DESCRIPTION_FOLDER",
    "FORMATS",
    "OFFSET_UNITS",
    "SPLITS",
    "CorpusFault",
    "CorpusFormat",
    "CorpusOptions",
    "OffsetUnit",
    "Preparation",
    "ReadingLog",
    "clean_sentences",
    "comparison_form",
    "example_record",
    "find_phrase",
    "has_model_labels",
    "hash_position",
    "lift_codes",
    "mark_model_labels",
    "prepare_corpus",
    "read_lay_phrases",
    "read_records",
    "read_smm4h_corpus",
    "read_split",
    "read_splits",
    "recognize_format",
    "require_corpus_folder",
    "require_split",
    "split_by_document",
    "split_counts",
    "split_file",
    "split_from_name",
    "split_names",
    "to_jsonl",
    "write_corpus",
    "write_examples",
]
