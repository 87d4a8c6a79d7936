"""Bundles: folders that carry what training made.

config.json         which trunk, how it was trained, thresholds and options, SHA-256 of the files below it
labels.json         the Normalizer's classes: a list of {"ptid", "pt_name"}, in the order of its outputs
model.safetensors   the trained tensors in half precision: shared layers, heads, members, retriever
names.safetensors   only with a retriever: the vectors of all names that it searches, in half precision
terminology.json.gz only where these are of a MedDRA release, which is licensed: all its names and codes
trunk.safetensors   only where the encoder cannot be had elsewhere: embeddings and frozen layers, fp32
tokenizer.json      beside trunk.safetensors
body.xml, body.bin  only where the bundle is quantized: the body as OpenVINO keeps a graph and its numbers
metrics.json        what was measured; for people
README.md           the model card; for people

The version is the bundle's name and a hash of config.json, and so of all that predictions depend on.
"""

from models.bundle.config import BundleConfig
from models.bundle.dictionary import Dictionary
from models.bundle.load import Bundle, load_bundle
from models.bundle.parts import Calibration, Ensemble, Options, Quantization, Retrieval, Thresholds
from models.bundle.revise import revise_bundle
from models.bundle.save import save_bundle

__all__ = [
    "Bundle",
    "BundleConfig",
    "Calibration",
    "Dictionary",
    "Ensemble",
    "Options",
    "Quantization",
    "Retrieval",
    "Thresholds",
    "load_bundle",
    "revise_bundle",
    "save_bundle",
]
