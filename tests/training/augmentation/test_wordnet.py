import shutil
import zipfile
from pathlib import Path

import pytest

from training.augmentation import open_wordnet
from training.augmentation.wordnet import SYSTEM_FOLDERS, Form, inflect
from training.errors import RunError


@pytest.mark.parametrize(
    ("base", "form", "irregular", "expected"),
    [
        ("pill", "plural", (), "pills"),
        ("rash", "plural", (), "rashes"),
        ("story", "plural", (), "stories"),
        ("day", "plural", (), "days"),
        ("woman", "plural", ("women",), None),
        ("cry", "third person", (), "cries"),
        ("feel", "third person", ("felt",), "feels"),
        ("ache", "past", (), "ached"),
        ("cry", "past", (), "cried"),
        ("stop", "past", ("stopped", "stopping"), "stopped"),
        ("feel", "past", ("felt",), None),
        ("die", "past", ("dying",), "died"),
        ("die", "participle", (), "dying"),
        ("take", "participle", ("took", "taken"), "taking"),
        ("see", "participle", ("saw", "seen"), "seeing"),
        ("cry", "participle", (), "crying"),
        ("stop", "participle", ("stopped", "stopping"), "stopping"),
    ],
)
def test_words_take_the_regular_ending_unless_they_are_irregular(
    base: str, form: Form, irregular: tuple[str, ...], expected: str | None
) -> None:
    assert inflect(base, form, irregular) == expected


pytest.importorskip("nltk")


@pytest.mark.parametrize(
    ("word", "synonyms"),
    [
        # Not "turnip", which is a rare sense; no phrases, no acronyms.
        ("headache", ("brainpain", "nuisance")),
        ("headaches", ("brainpains", "nuisances")),
        ("sick", ("ill",)),
        ("slowly", ("tardily",)),
        ("stories", ("tales",)),
        ("women", ("ladies",)),
        ("feeling", ("sensing", "stopping")),
        ("feels", ("senses", "stops")),
        ("felt", ("sensed", "stopped")),
        # Not "find": it is unknown whether "found" is the same form as "took".
        ("took", ("swallowed",)),
        ("taking", ("swallowing", "finding")),
        ("cries", ("weeps",)),
        ("unseen", ("hidden",)),
        ("ibuprofen", ()),
        ("", ()),
    ],
)
def test_synonyms_come_from_frequent_senses_in_the_form_of_the_word(
    word: str, synonyms: tuple[str, ...], wordnet_folder: Path
) -> None:
    assert open_wordnet(wordnet_folder).of(word) == synonyms


def test_wordnet_is_found_in_nltk_data_folders_packed_or_not(wordnet_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "unpacked" / "corpora").mkdir(parents=True)
    shutil.copytree(wordnet_folder, tmp_path / "unpacked" / "corpora" / "wordnet")
    (tmp_path / "packed" / "corpora").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "packed" / "corpora" / "wordnet.zip", "w") as packed:
        for file in wordnet_folder.iterdir():
            packed.write(file, f"wordnet/{file.name}")
    for name in ("unpacked", "packed"):
        assert open_wordnet(tmp_path / name).of("sick") == ("ill",)


def test_a_missing_wordnet_is_reported_with_the_package_and_the_option(tmp_path: Path) -> None:
    with pytest.raises(RunError) as raised:
        open_wordnet(tmp_path / "nowhere")
    assert all(
        part in str(raised.value)
        for part in ("nowhere", "apt-get install wordnet-base", "--wordnet", "--only")
    )


def test_a_missing_file_is_reported_with_its_name(wordnet_folder: Path) -> None:
    (wordnet_folder / "data.verb").unlink()
    with pytest.raises(RunError, match=r"data\.verb"):
        open_wordnet(wordnet_folder)


@pytest.mark.parametrize(
    ("file", "content"),
    [("index.verb", "feel v\n"), ("index.noun", "sick n x\n"), ("data.adj", "nonsense\n" * 90)],
)
@pytest.mark.filterwarnings("ignore:No WordNet synset")
def test_damaged_files_are_reported_with_their_folder(file: str, content: str, wordnet_folder: Path) -> None:
    (wordnet_folder / file).write_text(content)
    with pytest.raises(RunError, match=wordnet_folder.name):
        open_wordnet(wordnet_folder).of("sick")


def test_the_real_wordnet_has_synonyms_for_words_of_patients() -> None:
    if not any((folder / "index.noun").is_file() for folder in SYSTEM_FOLDERS):
        pytest.skip("no WordNet is installed: apt-get install wordnet-base")
    wordnet = open_wordnet()
    assert "ill" in wordnet.of("sick")
    assert "cephalalgias" in wordnet.of("headaches")
    assert "experienced" in wordnet.of("felt")
