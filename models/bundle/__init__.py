"""Bundles: folders that carry what training made.

config.json         which trunk, how it was trained, thresholds and options, SHA-256 of the files below it
labels.json         the Normalizer's classes: a list of {"ptid", "pt_name"}, in the order of its outputs
model.safetensors   the trained tensors in half precision: shared layers, heads, members of an ensemble
trunk.safetensors   only where the encoder cannot be had elsewhere: embeddings and frozen layers, fp32
tokenizer.json      beside trunk.safetensors
metrics.json        what was measured; for people
README.md           the model card; for people

The version is the bundle's name and a hash of config.json, and so of all that predictions depend on.
"""

from models.bundle.config import BundleConfig, Calibration, Ensemble, Options, Thresholds
from models.bundle.load import Bundle, load_bundle
from models.bundle.revise import revise_bundle
from models.bundle.save import save_bundle

__all__ = [
    "Bundle",
    "BundleConfig",
    "Calibration",
    "Ensemble",
    "Options",
    "Thresholds",
    "load_bundle",
    "revise_bundle",
    "save_bundle",
]
