from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.corpora.corpus_options import CorpusOptions
from training.corpora.reading_log import ReadingLog
from training.corpora.spacy_records import read_spacy
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

TEXT = "pillex gave me hives"
RASH = [15, 20, "ADR"]


def read(
    path: Path, *records: Any, log: ReadingLog | None = None, labels: tuple[str, ...] = ()
) -> list[Example]:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return read_spacy(path, log or ReadingLog(), CorpusOptions(effect_labels=labels))["all"]


@pytest.mark.parametrize(
    "record",
    [
        {"text": TEXT, "entities": [RASH, [0, 6, "Drug"]]},
        [TEXT, {"entities": [RASH]}],
        {
            "text": TEXT,
            "spans": [{"start": 15, "end": 20, "label": "ADR", "token_start": 3}],
            "answer": "accept",
        },
        {"text": TEXT, "entities": [RASH], "cats": {"ADE": 0.9, "NoADE": 0.1}},
    ],
)
def test_each_layout_gives_the_same_example(tmp_path: Path, record: Any) -> None:
    assert read(tmp_path / "a.jsonl", record) == [Example("1", TEXT, 1, (AnnotatedSpan(15, 20),))]


def test_a_file_of_one_list_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text(
        json.dumps([[TEXT, {"entities": [RASH]}], ["fine", {"entities": []}]])
    )
    splits = read_spacy(tmp_path, ReadingLog())
    assert [example.label for example in splits["train"]] == [1, 0]


@pytest.mark.parametrize(
    ("record", "label"),
    [
        ({"text": TEXT, "cats": {"ADE": 1.0}}, 1),
        ({"text": TEXT, "cats": {"ADE": 0.0}}, 0),
        ({"text": TEXT, "label": "ADE", "answer": "accept"}, 1),
        ({"text": TEXT, "label": "ADE", "answer": "reject"}, 0),
        ({"text": TEXT, "accept": ["NoADE"], "answer": "accept"}, 0),
    ],
)
def test_categories_give_the_class(tmp_path: Path, record: Any, label: int) -> None:
    assert read(tmp_path / "a.jsonl", record)[0].label == label


def test_records_that_were_not_accepted_are_left_out(tmp_path: Path) -> None:
    log = ReadingLog()
    spans = [{"start": 15, "end": 20, "label": "ADR"}]
    records = [{"text": TEXT, "spans": spans, "answer": answer} for answer in ("accept", "reject", "ignore")]
    assert len(read(tmp_path / "a.jsonl", *records, log=log)) == 1
    assert log.noted["record that was not accepted"] == 2


def test_the_meta_data_has_id_and_context(tmp_path: Path) -> None:
    record = {
        "text": TEXT,
        "entities": [RASH],
        "meta": {"id": 7, "title": "pillex thread", "source": "forum"},
    }
    [example] = read(tmp_path / "a.jsonl", record)
    assert (example.id, example.context, example.document) == ("7", "pillex thread", "forum")


def test_offsets_in_utf16_units_are_converted_and_noted(tmp_path: Path) -> None:
    log = ReadingLog()
    [example] = read(tmp_path / "a.jsonl", {"text": f"😀😀 {TEXT}", "entities": [[20, 25, "ADR"]]}, log=log)
    span = example.spans[0]
    assert example.text[span.start : span.end] == "hives"
    assert log.noted["offsets that do not count code points, converted"] == 1


def test_records_at_fault_are_dropped_with_their_lines(tmp_path: Path) -> None:
    log = ReadingLog()
    records = [
        {"text": TEXT, "entities": [RASH]},
        {"text": TEXT, "entities": [[15, 99, "ADR"]]},
        {"text": TEXT, "entities": ["hives"]},
        {"entities": []},
        {"text": TEXT, "entities": [[15, "20", "ADR"]]},
        {"text": " ", "entities": []},
    ]
    assert len(read(tmp_path / "a.jsonl", *records, log=log)) == 1
    assert sorted(fault.line or 0 for fault in log.places["malformed record"]) == [2, 3, 4, 5, 6]


def test_a_docbin_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "train.spacy").write_bytes(b"\0")
    for place in (tmp_path, tmp_path / "train.spacy"):
        with pytest.raises(CorpusError, match=r"train\.spacy.*DocBin.*json"):
            read_spacy(place, ReadingLog())


def test_labels_that_mean_nothing_are_listed(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Symptom.*--effect-label"):
        read(tmp_path / "a.jsonl", {"text": TEXT, "entities": [[15, 20, "Symptom"]]})
    assert read(tmp_path / "a.jsonl", {"text": TEXT, "entities": [[15, 20, "Symptom"]]}, labels=("symptom",))
