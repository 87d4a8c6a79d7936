"""The two files of a bundle that are for people: the model card and the metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.bundle.bundle_config import CARD_FILE, METRICS_FILE
from models.bundle.checked_files import read_document, read_file
from models.bundle.config_sections import EarlyExit, Quantization
from models.errors import BundleError

_WARNING = "> **Do not pass this bundle on.**"
# The note of this version, and of bundles that earlier versions wrote.
_NOTE = re.compile(r"\A> \*\*(?:Do not pass this bundle on|Not to be passed on)\.\*\*(?:.*\n)*?\n")

_LANGUAGES = re.compile(r"^Languages of the training texts: .*\n\n?", re.MULTILINE)
_EXIT = re.compile(r"\n*^## Early exit\n(?:(?!## ).*\n?)*", re.MULTILINE)
_TITLE = re.compile(r"^# .*\n+", re.MULTILINE)


def read_card(folder: Path) -> str:
    """Read the model card, or return an empty string if there is none.

    Raises:
        BundleError: the card cannot be read.
    """
    if not (folder / CARD_FILE).exists():
        return ""
    return read_file(folder, CARD_FILE).decode(errors="replace")


def with_licence_note(card: str, release: str | None) -> str:
    """Return the model card with the note about its MedDRA release first, replacing an earlier note.

    Args:
        card: Markdown.
        release: as in `Retrieval.release`; None removes the note.
    """
    text = _NOTE.sub("", card)
    if release is None:
        return text
    name = f"MedDRA {release}" if release else "a MedDRA release of unknown version"
    return (
        f"{_WARNING} It contains names, codes and hierarchy of {name}\n"
        "> (`terminology.json.gz`): do not give it to anyone without a licence for MedDRA. Where the text\n"
        "> below says that it contains only labels, that was true before the release was added.\n"
        f"\n{text}"
    )


def languages_line(languages: Sequence[str]) -> str:
    """Return the line of a model card about the languages of the training texts."""
    codes = ", ".join(f"`{language}`" for language in languages)
    return f"Languages of the training texts: {codes}. By default, workers skip posts in other languages."


def with_languages(card: str, languages: Sequence[str]) -> str:
    """Return the model card with a line about the languages below its title, replacing an earlier line.

    Args:
        card: Markdown; an empty one stays empty.
        languages: of the training texts; none removes the line.
    """
    text = _LANGUAGES.sub("", card)
    if not text or not languages:
        return text
    title = _TITLE.search(text)
    place = title.end() if title else 0
    return f"{text[:place]}{languages_line(languages)}\n\n{text[place:]}"


def with_quantization(card: str, version: str, quantization: Quantization) -> str:
    """Return the model card with a section about the quantization at its end.

    Args:
        card: Markdown.
        version: of the bundle before.
        quantization: what the section describes.
    """
    before, after = quantization.before, quantization.after
    section = [
        "## Quantized",
        "",
        f"Made from `{version}`: all layers below the last one multiply 8-bit integers (`body.xml`,",
        f"`body.bin`), calibrated on {quantization.texts:,} texts. The table has the F1 on",
        f"{quantization.judged_on:,} other texts. Nothing else in this card was measured again.",
        "",
        "| | exact | quantized |",
        "|---|---|---|",
        *(f"| {task} | {before[task]:.3f} | {after[task]:.3f} |" for task in before),
        "",
    ]
    return f"{card.rstrip()}\n\n" + "\n".join(section)


def with_early_exit(card: str, section: EarlyExit) -> str:
    """Return the model card with a section about the early exit at its end, replacing an earlier one.

    Args:
        card: Markdown.
        section: what it describes.
    """
    text = _EXIT.sub("", card).rstrip()
    lines = [
        "## Early exit",
        "",
        f"A small head after layer {section.layer} settles clear negatives (`exit.safetensors`); it changes",
        f"nothing else. Of {section.positives:,} validation texts that the whole network finds positive,",
        f"{section.kept:,} go on: with 95% confidence at least {100 * section.least_share:.2f}% do.",
        f"Of the other validation texts, {100 * section.leaving:.1f}% leave there.",
        "",
    ]
    return f"{text}\n\n" + "\n".join(lines)


def read_metrics(folder: Path) -> dict[str, Any]:
    """Read `metrics.json`, or return an empty dict if there is none.

    Raises:
        BundleError: the file is damaged.
    """
    path = folder / METRICS_FILE
    if not path.exists():
        return {}
    document = read_document(folder, METRICS_FILE)
    if not isinstance(document, dict):
        raise BundleError(f"{path} does not hold a JSON object: correct or delete it")
    return document


def metrics_json(metrics: Mapping[str, Any]) -> bytes:
    """Return the content of `metrics.json`."""
    return f"{json.dumps(metrics, indent=2, sort_keys=True)}\n".encode()
