"""The texts to score, from both layouts."""

import json
from pathlib import Path

import pytest

from training.errors import CorpusError
from training.evaluation.tweet_files import count_lines, read_texts, text_file


def test_texts_are_read_from_both_layouts(tmp_path: Path) -> None:
    records = [{"id": 7, "text": "a\nb"}, {"text": "c"}]
    (tmp_path / "test.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records))
    texts = [(text.id, text.text) for text in read_texts(text_file(tmp_path, "test"))]
    assert texts == [("7", "a\nb"), ("2", "c")]
    assert count_lines(tmp_path / "test.jsonl") == 2
    for folder in (tmp_path, tmp_path / "SMM4H_2021_Dev"):
        folder.mkdir(exist_ok=True)
        (folder / "tweets.tsv").write_text(f'tweet_id\ttext\n1\t"{folder.name}\tb\n')
        [text] = read_texts(text_file(folder, "dev"))
        assert (text.id, text.text) == ("1", f'"{folder.name}\tb')
    (tmp_path / "tweets.tsv").unlink()
    assert text_file(tmp_path, "valid").parent.name == "SMM4H_2021_Dev"
    with pytest.raises(CorpusError, match=r"valid, test.*--split"):
        text_file(tmp_path, "training")


@pytest.mark.parametrize("split", ["valid", "dev", "validation", "Dev"])
def test_a_split_has_several_names(tmp_path: Path, split: str) -> None:
    (tmp_path / "dev.jsonl").touch()
    assert text_file(tmp_path, split) == tmp_path / "dev.jsonl"


def test_a_word_that_is_not_a_split_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"'foo'.*train.*dev.*test"):
        text_file(tmp_path, "foo")


def test_a_folder_without_texts_is_named(tmp_path: Path) -> None:
    (tmp_path / "class.tsv").touch()
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CorpusError, match=str(place)):
            text_file(place, "test")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl", '{"text": "a"}\n{"id": 1}\n'), ("a.jsonl", '{"text": "a"}\n{\n'), ("a.tsv", "1\ta\n2\n")],
)
def test_a_line_without_a_text_is_named(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CorpusError, match=f"{name}, line 2"):
        list(read_texts(tmp_path / name))
