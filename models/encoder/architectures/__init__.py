"""The families of encoders that this package reads: one table, and a file for each family.

family         what there is to know about a family
bert           BERT, and what shares its architecture: BioBERT, Bio_ClinicalBERT, MiniLM
roberta        RoBERTa: Twitter-RoBERTa, BERTweet
xlm_roberta    XLM-R: many languages, with SentencePiece
mpnet          MPNet: all-mpnet-base-v2
supported      the table
vocabularies   tokenizers from vocabulary files, where there is no tokenizer.json

All of them have the same layers (`models.network.EncoderLayer`). They differ in the names of their tensors,
in how positions are numbered, in token types, in a position bias, and in their tokenizers.
"""

from models.encoder.architectures.family import EncoderFamily, SpecialTokens
from models.encoder.architectures.supported import FAMILIES, family_of, supported_encoders

__all__ = ["FAMILIES", "EncoderFamily", "SpecialTokens", "family_of", "supported_encoders"]
