"""Whether the labels of a drug list an effect: exactly, in a milder form, or not."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest
from sqlalchemy import text

from models.terminology import packaged_pt_names
from monitor.errors import FatalError
from monitor.settings import Settings
from monitor.store import async_engine, listed_effects
from monitor.store.connections import reading_engine
from monitor.store.label_import import (
    LabelEffect,
    remove_labels,
    replace_label,
    shown_effects,
    stored_labels,
)
from monitor.store.listed_effects import (
    DEATH,
    NO_LISTED_EFFECTS,
    Listedness,
    load_listed_effects,
    milder_forms,
    read_listed_effects,
)

CODES = {name: ptid for ptid, name in packaged_pt_names().items()}


def effect(
    name: str, sentence: str | None = "A sentence.", section: str = "adverse reactions"
) -> LabelEffect:
    return LabelEffect(CODES[name], name, section, sentence, 0, 1)


def add_label(settings: Settings, label_id: str, drug: str, *effects: LabelEffect, title: str = "A") -> None:
    replace_label(settings, label_id, drug, "spl", effects, title=title, version="1")


def verdict(settings: Settings, drug: str, name: str, *, fatal: bool = False) -> str:
    return load_listed_effects(settings).verdict(drug, CODES[name], fatal=fatal).listedness.value


def test_the_verdict_has_the_sentence_of_the_label(migrated: Settings) -> None:
    add_label(migrated, "spl:1", "sertraline", effect("Nausea", "Nausea occurred."), title="ZOLOFT")
    result = load_listed_effects(migrated).verdict("sertraline", CODES["Nausea"])
    assert result.listedness is Listedness.LISTED
    assert (result.sentence, result.section) == ("Nausea occurred.", "adverse reactions")
    assert result.label == "ZOLOFT (spl)"


def test_an_effect_that_the_label_lacks_is_unlisted_and_a_drug_without_label_unknown(
    migrated: Settings,
) -> None:
    add_label(migrated, "spl:1", "sertraline", effect("Nausea"))
    listed = load_listed_effects(migrated)
    assert listed.verdict("sertraline", CODES["Headache"]).listedness == "unlisted"
    assert listed.verdict("ibuprofen", CODES["Nausea"]).listedness == "unknown"
    assert listed.verdict(None, CODES["Nausea"]).listedness == "unknown"
    assert listed.verdict("sertraline", None).listedness == "unknown"


def test_a_milder_form_is_not_the_effect(migrated: Settings) -> None:
    add_label(
        migrated,
        "spl:1",
        "sertraline",
        effect("Transaminases increased", "Transaminases rose."),
        effect("Suicidal ideation"),
    )
    result = load_listed_effects(migrated).verdict("sertraline", CODES["Hepatic failure"])
    assert result.listedness is Listedness.LISTED_MILDER
    assert (result.sentence, result.ptid) == ("Transaminases rose.", CODES["Transaminases increased"])
    assert verdict(migrated, "sertraline", "Completed suicide") == "listed-milder"
    assert verdict(migrated, "sertraline", "Transaminases increased") == "listed"
    assert verdict(migrated, "sertraline", "Jaundice") == "listed-milder"
    assert verdict(migrated, "sertraline", "Renal failure") == "unlisted"


def test_a_fatal_outcome_must_be_listed_itself(migrated: Settings) -> None:
    add_label(
        migrated,
        "spl:1",
        "a",
        effect("Pneumonia"),
        effect("Hepatic failure", "Hepatic failure, some FATAL."),
        effect("Hepatic failure", "Hepatic failure.", "warnings"),
    )
    assert verdict(migrated, "a", "Pneumonia", fatal=True) == "listed-milder"
    assert verdict(migrated, "a", "Pneumonia") == "listed"
    assert verdict(migrated, "a", "Hepatic failure", fatal=True) == "listed"
    add_label(migrated, "spl:2", "a", LabelEffect(DEATH, "Death", "warnings"))
    assert verdict(migrated, "a", "Pneumonia", fatal=True) == "listed"


def test_combinations_have_the_effects_of_their_ingredients(migrated: Settings) -> None:
    add_label(migrated, "spl:1", "acetaminophen", effect("Nausea"))
    both = "acetaminophen + oxycodone"
    assert verdict(migrated, both, "Nausea") == "listed"
    assert verdict(migrated, both, "Constipation") == "unknown"  # one ingredient has no label
    add_label(migrated, "spl:2", "oxycodone", effect("Dizziness"))
    assert verdict(migrated, both, "Constipation") == "unlisted"
    add_label(migrated, "spl:3", both, effect("Constipation"))
    assert verdict(migrated, both, "Constipation") == "listed"
    assert verdict(migrated, "oxycodone", "Constipation") == "unlisted"


def test_an_import_replaces_the_earlier_one_of_the_same_label(migrated: Settings) -> None:
    add_label(migrated, "spl:1", "sertraline", effect("Nausea"))
    add_label(migrated, "spl:2", "sertraline", effect("Rash"))
    add_label(migrated, "spl:1", "sertraline", effect("Headache"))
    assert verdict(migrated, "sertraline", "Nausea") == "unlisted"
    assert verdict(migrated, "sertraline", "Rash") == "listed"
    labels = stored_labels(migrated)
    assert [(label.label_id, label.effects) for label in labels] == [("spl:1", 1), ("spl:2", 1)]


def test_an_import_that_fails_keeps_the_earlier_one(migrated: Settings) -> None:
    add_label(migrated, "spl:1", "sertraline", effect("Nausea"))
    with pytest.raises(FatalError):
        add_label(migrated, "spl:1", "sertraline", effect("Rash"), effect("Headache", "a \0 byte"))
    assert verdict(migrated, "sertraline", "Nausea") == "listed"
    assert verdict(migrated, "sertraline", "Rash") == "unlisted"


def test_removed_labels_list_nothing(migrated: Settings) -> None:
    add_label(migrated, "spl:1", "sertraline", effect("Nausea"))
    assert remove_labels(migrated, ["spl:1", "spl:9"]) == ["spl:1"]
    assert verdict(migrated, "sertraline", "Nausea") == "unknown"


def test_effects_are_shown_by_name_or_code(migrated: Settings) -> None:
    add_label(migrated, "spl:1", "sertraline", effect("Nausea"), effect("Headache"))
    names = [shown.effect.pt_name for shown in shown_effects(migrated, "sertraline")]
    assert names == ["Headache", "Nausea"]
    for pt in (CODES["Nausea"], " nausea"):
        assert [shown.effect.pt_name for shown in shown_effects(migrated, "sertraline", pt)] == ["Nausea"]
    assert list(shown_effects(migrated, "ibuprofen")) == []


def test_the_labels_of_many_drugs_are_read_in_portions(
    migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_effects, "DRUGS_AT_ONCE", 2)
    drugs = ["ibuprofen", "lithium", "sertraline", "tramadol", "warfarin"]
    for number, drug in enumerate(drugs):
        add_label(migrated, f"spl:{number}", drug, effect("Nausea", f"Nausea, with {drug}."))
    listed = load_listed_effects(migrated)
    sentences = [listed.verdict(drug, CODES["Nausea"]).sentence for drug in drugs]
    assert sentences == [f"Nausea, with {drug}." for drug in drugs]
    assert listed.drugs == set(drugs)


@pytest.mark.parametrize(
    ("sentence", "is_fatal"),
    [
        ("Fatal hepatic failure occurred.", True),
        ("Three patients died.", True),
        ("Deaths were reported.", True),
        ("It increases mortality.", True),
        ("Nonfatal events occurred.", False),
        (None, False),
    ],
)
def test_an_import_marks_what_the_label_calls_fatal(
    migrated: Settings, sentence: str | None, is_fatal: bool
) -> None:
    add_label(migrated, "spl:1", "sertraline", effect("Hepatic failure", sentence))
    with reading_engine(migrated.database).connect() as connection:
        assert connection.execute(text("SELECT fatal FROM listed_effects")).scalar_one() is is_fatal
    expected = "listed" if is_fatal else "listed-milder"
    assert verdict(migrated, "sertraline", "Hepatic failure", fatal=True) == expected


async def test_a_worker_reads_again_only_after_a_change(migrated: Settings) -> None:
    engine = async_engine(migrated.database)
    try:
        async with engine.connect() as connection:
            empty = await read_listed_effects(connection)
            assert empty is NO_LISTED_EFFECTS
            add_label(migrated, "spl:1", "sertraline", effect("Nausea"))
            first = await read_listed_effects(connection, empty)
            assert first.verdict("sertraline", CODES["Nausea"]).listedness == "listed"
            assert await read_listed_effects(connection, first) is first
            add_label(migrated, "spl:1", "sertraline", effect("Rash"))
            second = await read_listed_effects(connection, first)
            assert second.verdict("sertraline", CODES["Nausea"]).listedness == "unlisted"
            remove_labels(migrated, ["spl:1"])
            third = await read_listed_effects(connection, second)
            assert third.verdict("sertraline", CODES["Rash"]).listedness == "unknown"
    finally:
        await engine.dispose()


def test_milder_forms_are_pts_of_the_default_bundle_without_cycles() -> None:
    table = (files("monitor.store") / "data" / "milder_forms.tsv").read_text(encoding="utf-8")
    rows = list(csv.reader((line for line in table.splitlines() if line[:1].isdigit()), delimiter="\t"))
    names = packaged_pt_names()
    assert len({(row[0], row[2]) for row in rows}) == len(rows)
    for severe, severe_name, milder, milder_name in rows:
        assert (names[severe], names[milder]) == (severe_name, milder_name)
        assert severe not in milder_forms().get(milder, ())
        assert severe != milder
