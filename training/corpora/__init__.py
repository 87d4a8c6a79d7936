"""Corpora: readers that check each row and log each fault with its place, preparation, and splits."""

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
