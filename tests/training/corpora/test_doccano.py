from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.corpora.corpus_options import CorpusOptions
from training.corpora.doccano import read_doccano
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

TEXT = "pillex gave me hives"
DRUG = {"id": 1, "label": "Drug", "start_offset": 0, "end_offset": 6}
EFFECT = {"id": 2, "label": "ADR", "start_offset": 15, "end_offset": 20}
SYMPTOM = {**EFFECT, "label": "Symptom"}


def relation(kind: str) -> dict[str, Any]:
    return {"id": 9, "from_id": 1, "to_id": 2, "type": kind}


def read(path: Path, *records: Any, options: CorpusOptions | None = None) -> list[Example]:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return read_doccano(path, ReadingLog(), options or CorpusOptions())["all"]


@pytest.mark.parametrize(
    "fields",
    [
        {"label": [[0, 6, "Drug"], [15, 20, "ADR"]]},
        {"labels": [[15, 20, "ADR"]]},
        {"entities": [DRUG, EFFECT], "relations": [], "Comments": []},
        {"entities": [DRUG, SYMPTOM, {**EFFECT, "id": 3}], "relations": [relation("Reason-to-use")]},
    ],
)
def test_each_export_gives_the_same_example(tmp_path: Path, fields: dict[str, Any]) -> None:
    [example] = read(tmp_path / "all.jsonl", {"id": 12, "text": TEXT, **fields})
    assert example == Example("12", TEXT, 1, (AnnotatedSpan(15, 20),))


def test_a_relation_makes_a_symptom_an_adverse_effect(tmp_path: Path) -> None:
    entities = [DRUG, SYMPTOM]
    records = [
        {"id": 1, "text": TEXT, "entities": entities, "relations": [relation("Outcome-negative")]},
        {"id": 2, "text": TEXT, "entities": entities, "relations": [relation("Reason-to-use")]},
    ]
    assert [len(example.spans) for example in read(tmp_path / "a.jsonl", *records)] == [1, 0]


def test_the_relations_can_be_chosen(tmp_path: Path) -> None:
    record = {"id": 1, "text": TEXT, "entities": [DRUG, SYMPTOM], "relations": [relation("made worse")]}
    [example] = read(tmp_path / "a.jsonl", record, options=CorpusOptions(effect_relations=("Made-worse",)))
    assert example.spans == (AnnotatedSpan(15, 20),)


def test_classes_of_texts_are_read(tmp_path: Path) -> None:
    records = [{"id": n, "text": TEXT, "label": [label]} for n, label in enumerate(("ADE", "noADE"))]
    assert [example.label for example in read(tmp_path / "a.jsonl", *records)] == [1, 0]


def test_a_title_is_context(tmp_path: Path) -> None:
    [example] = read(tmp_path / "a.jsonl", {"id": 1, "text": TEXT, "label": [], "title": "pillex"})
    assert (example.label, example.context) == (0, "pillex")


def test_texts_with_other_classes_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": 1, "text": TEXT, "label": ["funny"]}) + "\n")
    log = ReadingLog()
    assert read_doccano(path, log)["all"] == []
    assert "funny" in log.places["malformed record"][0].detail


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="export"):
        read_doccano(tmp_path, ReadingLog())
