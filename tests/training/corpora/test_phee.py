from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.corpora.phee import read_phee
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

TEXT = "Pillex gave two men hives and swelling of the hands."


def _event(*effects: list[str], kind: str = "Adverse_event", **others: Any) -> dict[str, Any]:
    effect = {"text": list(effects), "start": [[TEXT.index(piece) for piece in pieces] for pieces in effects]}
    return (
        {"event_id": "E1", "event_type": kind, "Trigger": {}}
        | ({"Effect": effect} if effects else {})
        | others
    )


def _record(*events: dict[str, Any], name: str = "77_3") -> str:
    return json.dumps({"id": name, "context": TEXT, "annotations": [{"events": list(events)}]})


def _read(folder: Path, *records: str, log: ReadingLog | None = None) -> list[Example]:
    path = folder / "train.json"
    path.write_text("\n".join(records) + "\n", encoding="utf-8")
    return read_phee(path, log or ReadingLog())["train"]


def test_the_effects_of_adverse_events_are_the_spans(tmp_path: Path) -> None:
    assert _read(tmp_path, _record(_event(["hives"], ["swelling"]))) == [
        Example("77_3", TEXT, 1, (AnnotatedSpan(20, 25), AnnotatedSpan(30, 38)), "77")
    ]


def test_pieces_of_one_effect_are_covered_by_one_range(tmp_path: Path) -> None:
    log = ReadingLog()
    (example,) = _read(tmp_path, _record(_event(["hives", "of the hands"])), log=log)
    assert example.spans == (AnnotatedSpan(20, 51),)
    assert log.noted["discontinuous span, covered by one range"] == 1


def test_therapeutic_and_negated_events_are_not_effects(tmp_path: Path) -> None:
    log = ReadingLog()
    healed = _event(["hives"], kind="Potential_therapeutic_event")
    denied = _event(["swelling"], Negated={"text": [["no"]], "value": True})
    examples = _read(tmp_path, _record(healed), _record(denied, name="77_4"), log=log)
    assert [(example.label, example.spans) for example in examples] == [(0, ()), (0, ())]
    assert log.noted["negated effect"] == 1


def test_an_adverse_event_without_effect_makes_a_positive_without_spans(tmp_path: Path) -> None:
    assert [(example.label, example.spans) for example in _read(tmp_path, _record(_event()))] == [(1, ())]


def test_one_effect_of_two_events_is_one_span(tmp_path: Path) -> None:
    assert _read(tmp_path, _record(_event(["hives"]), _event(["hives"])))[0].spans == (AnnotatedSpan(20, 25),)


@pytest.mark.parametrize("folder", [".", "json", "data/json"])
def test_the_files_of_a_folder_are_splits(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for name in ("train", "dev", "test"):
        (tmp_path / folder / f"{name}.json").write_text(_record(name=f"{name}_1") + "\n", encoding="utf-8")
    splits = read_phee(tmp_path, ReadingLog())
    assert {split: [example.id for example in examples] for split, examples in splits.items()} == {
        "train": ["train_1"],
        "valid": ["dev_1"],
        "test": ["test_1"],
    }


def test_a_misplaced_effect_is_dropped_and_the_sentence_stays_positive(tmp_path: Path) -> None:
    log = ReadingLog()
    event = _event() | {"Effect": {"text": [["hives"]], "start": [[3]]}}
    (example,) = _read(tmp_path, _record(event), log=log)
    assert (example.label, example.spans) == (1, ())
    assert log.dropped["offset mismatch"] == 1


@pytest.mark.parametrize(
    "record",
    [
        "{",
        "[]",
        '{"id": "1_1"}',
        '{"id": "1_1", "context": "", "annotations": []}',
        '{"id": "1_1", "context": "hm", "annotations": [{"events": [{}]}]}',
        _record(_event() | {"Effect": {"text": [["hives"]], "start": []}}),
        '{"sentence": ["hm"], "event": []}',
        '{"id": "1_1", "context": "half a \\ud83d smile", "annotations": []}',
    ],
)
def test_a_malformed_record_is_dropped_with_its_line(tmp_path: Path, record: str) -> None:
    log = ReadingLog()
    assert len(_read(tmp_path, _record(), record, log=log)) == 1
    assert [fault.line for fault in log.places["malformed row"]] == [2]
    with pytest.raises(CorpusError, match="line 2"):
        _read(tmp_path, _record(), record, log=ReadingLog(strict=True))


_KEYS = st.sampled_from(
    ["id", "context", "annotations", "events", "event_type", "Effect", "text", "start", "Negated"]
)
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 60), st.floats(), st.just("Adverse_event"), st.text()
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner)))
def test_other_lines_are_read_whatever_json_a_line_holds(tmp_path: Path, value: Any) -> None:
    event = _event() | {"Effect": value}
    examples = _read(
        tmp_path, json.dumps(value), _record(), _record(event, name="77_9"), _record(name="77_4")
    )
    assert {"77_3", "77_4"} <= {example.id for example in examples}


def test_a_folder_or_file_without_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="data/json"):
        read_phee(tmp_path, ReadingLog())
    (tmp_path / "train.json").write_text('{"other": 1}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match="data/json"):
        read_phee(tmp_path, ReadingLog())
