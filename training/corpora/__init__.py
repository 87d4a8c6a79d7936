"""Corpora: readers that check each row and log each fault with its place, preparation, and splits.

smm4h_corpus, smm4h_tables      the official SMM4H files, and their tables
ade_v2, brat, phee, psytar, tac readers of other corpora
jsonl                           reader of the format that `ade-train prepare` writes
lay_phrases                     patients' phrases with PT codes
mentions, passages              annotated effects in documents, and documents cut into tweet-sized texts
reading_log                     what was read, dropped and changed
cleaning                        codes to PTs; duplicates, overlaps and fragments
splits                          names of splits, and dividing a corpus
preparation                     all of it in order
prepared                        the folder that this writes
"""

from training.corpora.cleaning import clean_sentences, comparison_form, lift_codes
from training.corpora.jsonl import read_records
from training.corpora.lay_phrases import read_lay_phrases
from training.corpora.preparation import FORMATS, CorpusReader, Preparation, prepare_corpus
from training.corpora.prepared import (
    DESCRIPTION_FOLDER,
    read_split,
    read_splits,
    require_corpus_folder,
    split_counts,
    split_names,
    to_jsonl,
    write_corpus,
    write_examples,
)
from training.corpora.reading_log import CorpusFault, ReadingLog
from training.corpora.smm4h_corpus import read_smm4h_corpus
from training.corpora.splits import SPLITS, hash_position, split_by_document, split_from_name

__all__ = [
    "DESCRIPTION_FOLDER",
    "FORMATS",
    "SPLITS",
    "CorpusFault",
    "CorpusReader",
    "Preparation",
    "ReadingLog",
    "clean_sentences",
    "comparison_form",
    "hash_position",
    "lift_codes",
    "prepare_corpus",
    "read_lay_phrases",
    "read_records",
    "read_smm4h_corpus",
    "read_split",
    "read_splits",
    "require_corpus_folder",
    "split_by_document",
    "split_counts",
    "split_from_name",
    "split_names",
    "to_jsonl",
    "write_corpus",
    "write_examples",
]
