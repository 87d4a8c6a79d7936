"""Data sets of Hugging Face, written here with pyarrow as its own library lays them out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from training.corpora.corpus_options import CorpusOptions
from training.corpora.huggingface import read_huggingface
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

TEXT = "pillex gave me hives"
CLASSES = {"label": {"names": ["NoADE", "ADE"], "_type": "ClassLabel"}}
TAGS = ["O", "B-ADR", "I-ADR", "B-Drug", "I-Drug"]
TOKENS = {
    "id": ["7", "8"],
    "tokens": [["pillex", "gave", "hives", "."], ["fine"]],
    "ner_tags": [[3, 0, 1, 0], [0]],
}


def features_of(kind: str) -> dict[str, Any]:
    names = {"names": TAGS, "_type": "ClassLabel"}
    nested: Any = [names] if kind == "list" else {"feature": names, "_type": kind}
    return {"ner_tags": nested, "tokens": {"feature": {"dtype": "string", "_type": "Value"}, "_type": kind}}


def table(columns: dict[str, Any], features: dict[str, Any] | None) -> pa.Table:
    metadata = {"huggingface": json.dumps({"info": {"features": features}})} if features else None
    return pa.table(columns).replace_schema_metadata(metadata)


def read(source: Path, **options: Any) -> dict[str, list[Example]]:
    return read_huggingface(source, ReadingLog(), CorpusOptions(**options))


def write_arrow(path: Path, columns: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True)
    content = pa.table(columns)
    with ipc.new_stream(str(path), content.schema) as writer:
        writer.write_table(content)


def test_a_clone_from_the_hub_has_a_file_for_each_split(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for split, label in (("train", 1), ("validation", 0)):
        content = table({"text": [TEXT], "label": [label]}, CLASSES)
        parquet.write_table(content, tmp_path / "data" / f"{split}-00000-of-00001.parquet")
    splits = read(tmp_path)
    assert {split: example.label for split, [example] in splits.items()} == {"train": 1, "valid": 0}


def test_a_folder_of_save_to_disk_has_the_names_in_its_information(tmp_path: Path) -> None:
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train"]}))
    write_arrow(tmp_path / "train" / "data-00000-of-00001.arrow", TOKENS)
    information = {"features": features_of("Sequence")}
    (tmp_path / "train" / "dataset_info.json").write_text(json.dumps(information))
    (tmp_path / "train" / "state.json").write_text("{}")
    first, second = read(tmp_path)["train"]
    assert first == Example("7", "pillex gave hives.", 1, (AnnotatedSpan(12, 17),))
    assert (second.id, second.label) == ("8", 0)


@pytest.mark.parametrize("kind", ["list", "Sequence", "List"])
def test_numbers_of_tags_have_names_in_every_form_of_the_features(tmp_path: Path, kind: str) -> None:
    parquet.write_table(table(TOKENS, features_of(kind)), tmp_path / "train.parquet")
    assert read(tmp_path)["train"][0].spans == (AnnotatedSpan(12, 17),)


def test_numbers_without_names_are_refused_with_what_to_do(tmp_path: Path) -> None:
    parquet.write_table(table(TOKENS, None), tmp_path / "train.parquet")
    with pytest.raises(CorpusError, match="--effect-label"):
        read(tmp_path)


@pytest.mark.parametrize(
    "spans",
    [
        [{"start": 15, "end": 20, "label": "ADR"}],
        {"start": [15], "end": [20], "label": ["ADR"]},
    ],
)
def test_spans_are_rows_or_columns(tmp_path: Path, spans: Any) -> None:
    record = {"text": TEXT, "spans": spans, "label": "ADE", "title": "pillex"}
    (tmp_path / "train.jsonl").write_text(json.dumps(record) + "\n")
    [example] = read(tmp_path)["train"]
    assert (example.spans, example.context) == ((AnnotatedSpan(15, 20),), "pillex")


def test_tables_with_other_columns_are_read_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(f'message,reported\n"{TEXT}",yes\nfine,no\n')
    with pytest.raises(CorpusError, match=r"message, reported.*--field"):
        read(tmp_path)
    examples = read(tmp_path, fields={"text": "message", "label": "reported"})["all"]
    assert [(example.text, example.label) for example in examples] == [(TEXT, 1), ("fine", 0)]
    with pytest.raises(CorpusError, match="nothing"):
        read(tmp_path, fields={"text": "nothing"})


def test_classes_of_other_names_can_be_chosen(tmp_path: Path) -> None:
    features = {"label": {"names": ["calm", "complaint"], "_type": "ClassLabel"}}
    parquet.write_table(table({"text": [TEXT, "fine"], "label": [1, 0]}, features), tmp_path / "a.parquet")
    examples = read(tmp_path, effect_labels=("complaint",))["all"]
    assert [example.label for example in examples] == [1, 0]


def test_rows_at_fault_are_dropped_with_their_numbers(tmp_path: Path) -> None:
    rows = [{"text": TEXT, "label": 1}, {"text": None, "label": 0}, {"text": "fine", "label": "what"}]
    (tmp_path / "train.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    log = ReadingLog()
    assert len(read_huggingface(tmp_path, log)["train"]) == 1
    assert [fault.line for fault in log.places["malformed row"]] == [2, 3]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(CorpusError, match=f"{name}.*LFS"):
        read(tmp_path)


def test_a_folder_without_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="data set"):
        read(tmp_path)
