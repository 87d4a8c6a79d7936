"""An adapted encoder on disk: a checkpoint, what it was made from, and a README for people.

config.json, model.safetensors, files of the tokenizer   as in any checkpoint
adaptation.json                                          what it was made from, and the figures
README.md                                                the same for people
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from training.adaptation.masked_model import MaskedModel, checkpoint_files
from training.errors import RunError
from training.files import json_bytes, read_json

ABOUT_FILE: Final = "adaptation.json"


@dataclass(frozen=True)
class AdaptedEncoder:
    """What an adaptation did.

    Attributes:
        identity: of the encoder, the texts and the settings.
        encoder: that was trained further.
        files: names of the files and folders with texts.
        texts: number of distinct texts.
        duplicates: number of texts that occurred before.
        windows: number of windows that were trained on.
        held_out: number of windows that were held out.
        steps: number of steps.
        loss: of the last steps, smoothed; None without steps.
        perplexity_before: of masked tokens in held-out texts, before the training; None without such texts.
        perplexity_after: the same after the training.
        has_own_head: whether the encoder had a pretraining head.
        settings: by name.
    """

    identity: str
    encoder: str
    files: tuple[str, ...]
    texts: int
    duplicates: int
    windows: int
    held_out: int
    steps: int
    loss: float | None
    perplexity_before: float | None
    perplexity_after: float | None
    has_own_head: bool
    settings: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read what made the checkpoint in `folder`; return None if that is unknown."""
        try:
            document = read_json(folder / ABOUT_FILE)
        except RunError:
            return None
        names = {field.name for field in fields(cls)}
        if not isinstance(document, dict) or document.keys() != names:
            return None
        return cls(**{**document, "files": tuple(document["files"])})


def adapted_files(model: MaskedModel, adapted: AdaptedEncoder) -> dict[str, bytes]:
    """Return the contents of an adapted encoder's files, by name."""
    return {
        **checkpoint_files(model),
        ABOUT_FILE: json_bytes(asdict(adapted)),
        "README.md": _card(adapted).encode(),
    }


def _card(adapted: AdaptedEncoder) -> str:
    settings = ", ".join(f"{name.replace('_', '-')} {value}" for name, value in adapted.settings.items())
    before, after = adapted.perplexity_before, adapted.perplexity_after
    perplexity = (
        "No texts were held out, so its perplexity was not measured."
        if before is None or after is None
        else f"The perplexity of masked tokens in {adapted.held_out:,} held-out windows was "
        f"{before:.2f} before and is {after:.2f} after it."
    )
    head = (
        "The pretraining head was that of the encoder."
        if adapted.has_own_head
        else "The encoder had no pretraining head: its output layer started from the word embeddings."
    )
    return f"""# An adapted encoder

This is `{adapted.encoder}`, trained further on unlabelled texts by `ade-train adapt`, as a masked
language model. It is a checkpoint like any other: use its folder as `--encoder`. The licence of
`{adapted.encoder}` applies, and so do the terms of the texts.

- Texts: {adapted.texts:,} from {", ".join(adapted.files)}, in {adapted.windows:,} windows
- Steps: {adapted.steps:,}; settings: {settings}
- {perplexity}
- {head}
"""
