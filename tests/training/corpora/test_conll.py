from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.conll import join_tokens, read_conll, tagged_spans
from training.corpora.corpus_options import CorpusOptions
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import Example

BIO = """-DOCSTART- -X- O O

pillex NNP B-NP B-Drug
gave VBD B-VP O
me PRP B-NP O
a DT B-NP B-ADR
bad JJ I-NP I-ADR
rash NN I-NP I-ADR
. . O O

fine JJ O O
today NN O O
"""


def read(path: Path, content: str, *labels: str, log: ReadingLog | None = None) -> list[Example]:
    path.write_text(content, encoding="utf-8")
    return read_conll(path, log or ReadingLog(), CorpusOptions(effect_labels=labels))["all"]


def words(example: Example) -> list[str]:
    return [example.text[span.start : span.end] for span in example.spans]


def test_texts_are_rebuilt_with_the_places_of_their_effects(tmp_path: Path) -> None:
    log = ReadingLog()
    first, second = read(tmp_path / "posts.conll", BIO, log=log)
    assert (first.text, words(first), first.label) == ("pillex gave me a bad rash.", ["a bad rash"], 1)
    assert (second.text, second.spans, second.label) == ("fine today", (), 0)
    assert first.document == second.document == "posts:1"
    assert (first.id, second.id) == ("posts:1", "posts:2")
    assert log.counts["spans tagged Drug, left out"] == 1


@pytest.mark.parametrize(
    "tags",
    [
        "B-ADR I-ADR O B-ADR",
        "I-ADR I-ADR O I-ADR",
        "B-ADR E-ADR O S-ADR",
        "B-ADR L-ADR O U-ADR",
        "ADR ADR O ADR",
    ],
)
def test_all_common_schemes_are_read(tmp_path: Path, tags: str) -> None:
    lines = zip(["bad", "rash", "and", "hives"], tags.split(), strict=True)
    [example] = read(tmp_path / "a.bio", "\n".join("\t".join(line) for line in lines))
    assert words(example) == ["bad rash", "hives"]


def test_two_effects_next_to_each_other_stay_two(tmp_path: Path) -> None:
    [example] = read(tmp_path / "a.bio", "rash B-ADR\nhives B-ADR\n")
    assert words(example) == ["rash", "hives"]


def test_labels_can_be_chosen(tmp_path: Path) -> None:
    content = "rash B-Complaint\nhives B-ADR\n"
    [example] = read(tmp_path / "a.bio", content, "complaint")
    assert words(example) == ["rash"]
    with pytest.raises(CorpusError, match=r"Complaint, ADR.*--effect-label"):
        read(tmp_path / "a.bio", content, "Symptom")


def test_comments_give_id_and_original_text(tmp_path: Path) -> None:
    content = "# id = 77\n# text = rash ,again\nrash\tB-ADR\n,\tO\nagain\tO\n"
    [example] = read(tmp_path / "a.conll", content)
    assert (example.id, example.text, words(example)) == ("77", "rash ,again", ["rash"])


def test_a_text_that_its_tokens_do_not_match_is_rebuilt(tmp_path: Path) -> None:
    log = ReadingLog()
    [example] = read(tmp_path / "a.conll", "# text = something else\nrash\tB-ADR\n", log=log)
    assert example.text == "rash"
    assert log.noted.total() == 1


def test_a_hash_is_a_token_like_others(tmp_path: Path) -> None:
    [example] = read(tmp_path / "a.conll", "# O\nrash B-ADR\n#hives O\n")
    assert (example.text, words(example)) == ("#rash #hives", ["rash"])


def test_a_text_with_a_malformed_line_is_dropped_with_its_place(tmp_path: Path) -> None:
    log = ReadingLog()
    examples = read(tmp_path / "a.conll", "rash B-ADR\n\nhives\nonly O\n\nfine O\n", log=log)
    assert [example.text for example in examples] == ["rash", "fine"]
    [fault] = log.places["malformed row"]
    assert (fault.path.name, fault.line) == ("a.conll", 3)


def test_files_of_a_folder_are_splits(tmp_path: Path) -> None:
    for name in ("train.txt", "dev.txt", "readme.txt"):
        (tmp_path / name).write_text("rash B-ADR\n")
    assert set(read_conll(tmp_path, ReadingLog())) == {"train", "valid"}


@pytest.mark.parametrize("content", ["", "fine O\n"])
def test_a_file_without_tags_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(CorpusError, match=r"a\.conll"):
        read(tmp_path / "a.conll", content)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Zs", "Cc")), min_size=1)))
def test_every_token_is_at_its_place(tokens: list[str]) -> None:
    text, places = join_tokens(tokens)
    assert [text[start:end] for start, end in places] == tokens


@given(st.lists(st.sampled_from(["O", "B-a", "I-a", "E-a", "S-a", "B-b", "I-b", "L-b", "a", ""])))
def test_spans_cover_exactly_the_tagged_tokens(tags: list[str]) -> None:
    covered = [index for first, last, _ in tagged_spans(tags) for index in range(first, last)]
    assert covered == [index for index, tag in enumerate(tags) if tag not in ("O", "")]
