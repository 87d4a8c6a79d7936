"""Texts without annotations, from files of every kind."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.tiny_methods import corpus
from training.corpora.prepared import write_examples
from training.errors import CorpusError
from training.evaluation import read_unlabelled


def texts_of(*paths: Path) -> list[str]:
    return [example.text for example in read_unlabelled(paths)]


def test_plain_text_has_one_text_a_line(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(
        "\ufeffso dizzy\r\n\r\n   \nzoloft 🤢\tnow\n\u2028e\u0301\x0bnausea\x85\n".encode() + b"\xff\xfe"
    )
    assert texts_of(path) == ["so dizzy", "zoloft 🤢\tnow", "\u2028e\u0301\x0bnausea\x85", "\ufffd\ufffd"]
    assert [example.id for example in read_unlabelled([path])] == [f"posts.txt:{n}" for n in (1, 4, 5, 6)]


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_plain_text_is_read(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "any.txt"
    path.write_bytes("\n".join(lines).encode())
    expected = [line.rstrip("\r") for line in "\n".join(lines).removeprefix("\ufeff").split("\n")]
    assert texts_of(path) == [line for line in expected if line.strip()]


def test_json_lines_may_have_contexts_and_odd_unicode(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    records = [{"text": "so dizzy", "context": "on zoloft"}, {"id": 7, "text": "\ud83d dizzy"}, {"text": " "}]
    path.write_text("\n".join(json.dumps(record) for record in records))
    examples = list(read_unlabelled([path]))
    assert [(e.id, e.text, e.context) for e in examples] == [
        ("1", "so dizzy", "on zoloft"),
        ("7", "\ufffd dizzy", ""),
    ]


def test_annotations_and_held_out_texts_of_a_corpus_are_left_out(tmp_path: Path) -> None:
    write_examples(tmp_path / "train.jsonl", corpus().train)
    write_examples(tmp_path / "valid.jsonl", corpus().valid)
    examples = list(read_unlabelled([tmp_path]))
    assert [e.text for e in examples] == [e.text for e in corpus().train]
    assert not any(example.label or example.spans for example in examples)


def test_tables_and_folders_of_official_files(tmp_path: Path) -> None:
    folder = tmp_path / "smm4h" / "train"
    folder.mkdir(parents=True)
    (folder / "tweets.tsv").write_text("tweet_id\ttext\n1\tso dizzy\n2\thello\n")
    (folder / "class.tsv").write_text("tweet_id\tlabel\n1\tADE\n2\tNoADE\n")
    assert texts_of(folder / "tweets.tsv") == ["so dizzy", "hello"]
    assert texts_of(tmp_path / "smm4h") == ["so dizzy", "hello"]


def test_several_files_are_read_in_their_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.txt").write_text(f"text of {name}\n")
    (tmp_path / "empty.txt").write_text("")
    paths = [tmp_path / "b.txt", tmp_path / "empty.txt", tmp_path / "a.txt"]
    assert texts_of(*paths) == ["text of b", "text of a"]
    assert texts_of() == []


@pytest.mark.parametrize("name", ["nowhere.txt", "nowhere.jsonl", "nowhere.tsv", "nowhere"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=name):
        texts_of(tmp_path / name)


def test_a_folder_without_training_texts_and_a_malformed_line_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="empty"):
        texts_of(tmp_path / "empty")
    path = tmp_path / "posts.jsonl"
    for line in ("{", "[]", '{"text": 3}', '{"text": "so", "context": 3}'):
        path.write_text('{"text": "fine"}\n' + line)
        with pytest.raises(CorpusError, match="line 2"):
            texts_of(path)
