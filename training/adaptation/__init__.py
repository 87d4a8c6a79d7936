"""Encoders that are trained further on unlabelled texts: `ade-train adapt`.

adapt_settings    the settings
token_index       the tokens of all texts, in files
word_masking      batches with masked words
masked_model      the network by transformers, and the checkpoint that it becomes
adaptation_steps  the steps, resuming, and the perplexity of held-out texts
adapt             all of it in order, from an encoder to another one
adapted_encoder   the new checkpoint's folder
"""

from training.adaptation.adapt import StepProgress, adapt_encoder
from training.adaptation.adapt_settings import AdaptSettings
from training.adaptation.adapted_encoder import AdaptedEncoder

__all__ = ["AdaptSettings", "AdaptedEncoder", "StepProgress", "adapt_encoder"]
