"""The files of a bundle, by name."""

from __future__ import annotations

from typing import Final, Literal

CONFIG_FILE: Final = "config.json"
LABELS_FILE: Final = "labels.json"
WEIGHTS_FILE: Final = "model.safetensors"
TRUNK_FILE: Final = "trunk.safetensors"
TOKENIZER_FILE: Final = "tokenizer.json"
NAMES_FILE: Final = "names.safetensors"
TERMINOLOGY_FILE: Final = "terminology.json.gz"
BODY_GRAPH_FILE: Final = "body.xml"
BODY_WEIGHTS_FILE: Final = "body.bin"
METRICS_FILE: Final = "metrics.json"
CARD_FILE: Final = "README.md"

FileName = Literal[
    "labels.json",
    "model.safetensors",
    "trunk.safetensors",
    "tokenizer.json",
    "names.safetensors",
    "terminology.json.gz",
    "body.xml",
    "body.bin",
]
