"""The notes that later changes add to a model card."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import BundleError
from models.bundle import Quantization
from models.bundle.card_and_metrics import (
    metrics_json,
    read_card,
    read_metrics,
    with_languages,
    with_licence_note,
    with_quantization,
)

CARD = "# A bundle\n\nText.\n"


def test_the_licence_note_comes_first_and_names_the_release() -> None:
    card = with_licence_note(CARD, "27.0")
    assert card.startswith("> **Do not pass this bundle on.**")
    assert "MedDRA 27.0" in card
    assert card.endswith(f"\n\n{CARD}")
    assert "unknown version" in with_licence_note(CARD, "")


def test_another_release_replaces_the_note_and_no_release_removes_it() -> None:
    card = with_licence_note(CARD, "27.0")
    assert with_licence_note(card, "28.0") == with_licence_note(CARD, "28.0")
    assert with_licence_note(card, None) == CARD
    assert with_licence_note(CARD, None) == CARD


def test_the_note_of_earlier_versions_is_replaced_too() -> None:
    old = f"> **Not to be passed on.** This bundle holds names of MedDRA 26.1\n> (and so on).\n\n{CARD}"
    assert with_licence_note(old, None) == CARD


def test_the_section_about_quantization_has_the_scores_before_and_after() -> None:
    quantization = Quantization(
        texts=1200, judged_on=300, before={"1a": 0.9, "1b": 0.8}, after={"1a": 0.89, "1b": 0.79}
    )
    card = with_quantization(CARD, "tiny-0123", quantization)
    assert card.startswith("# A bundle\n\nText.\n\n## Quantized\n")
    for fragment in ("`tiny-0123`", "1,200 texts", "300 other texts", "| 1a | 0.900 | 0.890 |"):
        assert fragment in card


def test_the_languages_are_stated_below_the_title_and_replaced_or_removed() -> None:
    card = with_languages(CARD, ["en"])
    assert card.startswith("# A bundle\n\nLanguages of the training texts: `en`. ")
    assert card.endswith("\n\nText.\n")
    assert with_languages(card, ["de", "en"]) == with_languages(CARD, ["de", "en"])
    assert with_languages(card, []) == CARD
    noted = with_licence_note(card, "27.0")
    assert with_languages(noted, []) == with_licence_note(CARD, "27.0")
    assert with_languages("", ["en"]) == ""
    assert with_languages("No title.\n", ["en"]).endswith("\n\nNo title.\n")


def test_a_bundle_may_have_no_card_and_no_metrics(tmp_path: Path) -> None:
    assert read_card(tmp_path) == ""
    assert read_metrics(tmp_path) == {}


def test_metrics_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_bytes(metrics_json({"f1": 0.5, "ece": 0.1}))
    assert read_metrics(tmp_path) == {"f1": 0.5, "ece": 0.1}
    (tmp_path / "metrics.json").write_text("[1]")
    with pytest.raises(BundleError, match=r"metrics\.json"):
        read_metrics(tmp_path)
