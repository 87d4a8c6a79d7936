"""Readers of the corpora: each row checked, each fault named with file and line."""

from training.corpora.cleaning import clean_sentences
from training.corpora.jsonl import read_records
from training.corpora.lay_phrases import read_lay_phrases
from training.corpora.splits import documents_apart

__all__ = [
    "clean_sentences",
    "documents_apart",
    "read_lay_phrases",
    "read_records",
]
