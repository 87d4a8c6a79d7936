"""Bundles: folders with everything that training produced.

config.json          which trunk, how it was trained, thresholds and options, SHA-256 of other files
labels.json          the Normalizer's classes: a list of {"ptid", "pt_name"}, in the order of its outputs
model.safetensors    the trained tensors in half precision: shared layers, heads, members, retriever; or
                     low-rank adapters in place of the layers
names.safetensors    with a retriever: the vectors of all names that it searches, in half precision
terminology.json.gz  if the names are from a MedDRA release, which is licensed: all its names and codes
trunk.safetensors    if the encoder is not available elsewhere: embeddings and frozen layers, fp32; with
                     adapters all layers
tokenizer.json       with trunk.safetensors
body.xml, body.bin   if the bundle is quantized: the graph of the body for OpenVINO, and its numbers
second/              if the bundle has a second reader: a bundle of its own
exit.safetensors     with an early exit: the head that settles clear negatives after a lower layer
metrics.json         what was measured; for people
README.md            the model card; for people
SHA256SUMS           the hashes of all these files, for `sha256sum -c`

Files of this package: bundle_config and config_sections (`config.json`), stored_tensors and adapters (what is
stored of a network, and how), save, load, read_weights, checked_files, dictionary (names), revise,
new_release, early_exits and quantized (changes of a bundle), second_reader (two bundles in one),
card_and_metrics (what is for people), checksums.

The version is the bundle's name and a hash of config.json, and so of everything that predictions depend on.
"""

from models.bundle.adapters import TrainedAdapters, adapted_linears, adapter_names
from models.bundle.bundle_config import BundleConfig
from models.bundle.card_and_metrics import languages_line, read_card
from models.bundle.checked_files import read_config, read_labels, read_second_config
from models.bundle.checksums import changed_files
from models.bundle.config_sections import (
    LARGEST_RANK,
    Adapters,
    Calibration,
    CodeChoice,
    EarlyExit,
    Ensemble,
    Options,
    Quantization,
    Retrieval,
    SecondReader,
    SpanChoice,
    Thresholds,
)
from models.bundle.dictionary import Dictionary, count_names, searched_names
from models.bundle.early_exits import require_exitable, store_early_exit
from models.bundle.load import Bundle, load_bundle
from models.bundle.new_release import TerminologyChange, require_retriever, set_terminology
from models.bundle.quantized import require_quantizable, store_quantized
from models.bundle.read_weights import StoredNetwork, network_shape, read_stored_network
from models.bundle.revise import require_place, revise_bundle, set_languages
from models.bundle.save import save_bundle
from models.bundle.second_reader import join_bundles, require_joinable

__all__ = [
    "LARGEST_RANK",
    "Adapters",
    "Bundle",
    "BundleConfig",
    "Calibration",
    "CodeChoice",
    "Dictionary",
    "EarlyExit",
    "Ensemble",
    "Options",
    "Quantization",
    "Retrieval",
    "SecondReader",
    "SpanChoice",
    "StoredNetwork",
    "TerminologyChange",
    "Thresholds",
    "TrainedAdapters",
    "adapted_linears",
    "adapter_names",
    "changed_files",
    "count_names",
    "join_bundles",
    "languages_line",
    "load_bundle",
    "network_shape",
    "read_card",
    "read_config",
    "read_labels",
    "read_second_config",
    "read_stored_network",
    "require_exitable",
    "require_joinable",
    "require_place",
    "require_quantizable",
    "require_retriever",
    "revise_bundle",
    "save_bundle",
    "searched_names",
    "set_languages",
    "set_terminology",
    "store_early_exit",
    "store_quantized",
]
