"""The lists that are shipped: everything in them can be read, drawn and filled."""

import re
from pathlib import Path
from random import Random

import pytest

from models.terminology import Terminology, read_release
from training.checklist.vocabulary import read_effects
from training.errors import CorpusError
from training.examples import CodedPhrase
from training.synthetic.lexicon import read_lexicon
from training.synthetic.medicines import read_medicines
from training.synthetic.sentences import WEIGHTS
from training.synthetic.sides import SIDES
from training.synthetic.template_filling import Choosing, NoPhraseError, draw_scene, fill
from training.synthetic.templates import SLOT, Template, checked, expand, read_templates
from training.synthetic.wordlists import data_folder, read_lines, read_wordlist, split_alternatives
from training.synthetic.written_tweets import read_written


@pytest.mark.parametrize("folder", ["positives", "negatives", "asides"])
def test_every_template_can_be_filled(folder: str, terminology: Terminology) -> None:
    lay = [CodedPhrase(f"lay phrase {number}", str(90_000_001 + number)) for number in range(90)]
    lexicon = read_lexicon(terminology, lay, seed=1)["train"]
    rng = Random(1)
    templates = read_templates(folder)
    assert templates
    for template in templates:
        pieces = fill(template, draw_scene(lexicon, rng), lexicon, rng, Choosing(), set())
        assert not SLOT.search("".join(piece.text for piece in pieces)), template


def test_every_rule_can_be_expanded() -> None:
    for name, alternatives in read_wordlist("grammar")["rules"].items():
        for text in alternatives:
            assert "<" not in expand(text, Random(1)), name


def test_each_section_is_drawn() -> None:
    for label, folder in enumerate(("negatives", "positives")):
        sections = {template.section for template in read_templates(folder)}
        assert sections == {*WEIGHTS[label], "extras"}


def test_positive_templates_mark_an_effect_and_asides_have_none() -> None:
    for template in read_templates("positives"):
        assert any(not hidden and form for hidden, form in marked(template)) or template.section == "extras"
    assert not any(marked(template) for template in read_templates("asides"))


def marked(template: Template) -> list[tuple[str, str]]:
    scene = ("drug", "other", "cond", "person", "they", "them", "their")
    return [(hidden, form) for hidden, form in SLOT.findall(template.text) if form not in scene]


def test_a_slot_that_nothing_fills_is_named() -> None:
    with pytest.raises(CorpusError, match=r"direct\.txt, line 7: the slot \{nuon\}"):
        list(checked([Template("{drug} gave me {nuon}", "direct", 7)]))


def test_no_phrase_left_is_an_error_of_its_own(terminology: Terminology) -> None:
    lexicon = read_lexicon(terminology, (), seed=1)["train"]
    with pytest.raises(NoPhraseError):
        fill(
            Template("{noun}", "direct", 1),
            draw_scene(lexicon, Random(1)),
            lexicon,
            Random(1),
            Choosing(only=frozenset()),
            set(),
        )


def test_effects_of_medicines_are_spelled_as_the_effects_are() -> None:
    medicines = read_medicines()
    named = {name for medicine in medicines for name in medicine.desired | medicine.treats}
    assert named <= set(read_wordlist("effects"))
    assert all(medicine.conditions for medicine in medicines)
    assert len({medicine.name for medicine in medicines}) == len(medicines) > 500


def test_the_sides_share_no_phrase_and_no_template(terminology: Terminology) -> None:
    lexicons = read_lexicon(terminology, (), seed=1)
    for one, other in ((SIDES[0], SIDES[1]), (SIDES[0], SIDES[2]), (SIDES[1], SIDES[2])):
        for label in (0, 1):
            texts = [
                {t.text for part in lexicons[side].templates(label).values() for t in part}
                for side in (one, other)
            ]
            assert texts[0] and texts[1] and not texts[0] & texts[1]
        phrases = [
            {p.text for part in lexicons[side].effects.values() for p in part}
            | {effect for tweet in lexicons[side].written[1] for effect in tweet.effects}
            for side in (one, other)
        ]
        assert phrases[0] and phrases[1] and not phrases[0] & phrases[1]


def test_the_written_tweets_are_read_with_their_codes(terminology: Terminology) -> None:
    written = read_written(terminology)
    assert {tweet.label for tweet in written} == {0, 1}
    assert any(piece.ptid for tweet in written for piece in tweet.pieces)


def test_every_pt_that_is_named_is_one_of_a_real_terminology(shared: Path) -> None:
    """Else its tweets and phrases would have no code, and nothing would tell."""
    pt_names = {*read_release(shared / "terminology").pt_names.values(), ""}
    lines = [line for folder in ("written", "blind") for line in read_lines(data_folder(folder))]
    told = {name for line in lines for name in re.findall(r"\[[^|\]]*\|([^\]]*)\]", line.text)}
    assert len(told) > 300
    assert told <= pt_names
    assert set(read_wordlist("effects")) <= pt_names
    assert {name for effect in read_effects().values() for name in effect.names} <= pt_names


def test_files_of_a_folder_are_read_as_one_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = tmp_path / "somewords" / "data" / "colours"
    lists.mkdir(parents=True)
    (lists.parents[1] / "__init__.py").touch()
    (lists / "b.ini").write_text("[Red]\nnoun = rose | blood\n[Blue]\nnoun = sky\n", encoding="utf-8")
    (lists / "a.ini").write_text("[Red]\nnoun = blood (dark|old)\nverb = glow\n", encoding="utf-8")
    (lists.parent / "colours.ini").write_text("[Red]\nnoun = blood\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert read_wordlist("colours", "somewords") == {
        "Red": {"noun": ("blood", "blood (dark|old)", "rose"), "verb": ("glow",)},
        "Blue": {"noun": ("sky",)},
    }
    with pytest.raises(FileNotFoundError, match="shapes"):
        read_wordlist("shapes", "somewords")


def test_lines_keep_their_numbers_and_comments_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("# no\n\nyes \n#hashtag\n", encoding="utf-8")
    assert read_lines(tmp_path) == [("x", 3, "yes"), ("x", 4, "#hashtag")]


def test_bars_inside_brackets_do_not_separate() -> None:
    assert split_alternatives("a (b|c) | d |") == ("a (b|c)", "d", "")
