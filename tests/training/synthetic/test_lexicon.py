"""The shipped word lists and templates: everything in them can be read, drawn and filled."""

import re
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from models.terminology import Terminology, read_release
from training.checklist.vocabulary import read_effects
from training.default_bundle.further_terms import add_further_terms
from training.errors import CorpusError
from training.examples import CodedPhrase
from training.synthetic.lexicon import SIDES, plain_words, read_lexicons
from training.synthetic.medicines import read_medicines
from training.synthetic.sentences import SECTION_WEIGHTS
from training.synthetic.template_filling import EffectChoice, NoPhraseError, draw_scene, fill_template
from training.synthetic.templates import SLOT, Template, check_slots, expand_rules, read_templates
from training.synthetic.written_tweets import evaluation_posts, read_written
from training.wordlists import data_folder, read_numbered_lines, read_wordlist


@pytest.mark.parametrize("folder", ["positives", "negatives", "asides"])
def test_every_template_can_be_filled(folder: str, terminology: Terminology) -> None:
    lay = [CodedPhrase(f"lay phrase {number}", str(90_000_001 + number)) for number in range(90)]
    lexicon = read_lexicons(terminology, lay, seed=1)["train"]
    rng = Random(1)
    templates = read_templates(folder)
    assert templates
    for template in templates:
        pieces = fill_template(template, draw_scene(lexicon, rng), lexicon, rng, EffectChoice(), set())
        assert not SLOT.search("".join(piece.text for piece in pieces)), template


def test_every_rule_can_be_expanded() -> None:
    for name, alternatives in read_wordlist("training.synthetic", "grammar")["rules"].items():
        for text in alternatives:
            assert "<" not in expand_rules(text, Random(1)), name


def test_each_section_has_a_weight() -> None:
    for label, folder in enumerate(("negatives", "positives")):
        sections = {template.section for template in read_templates(folder)}
        assert sections == {*SECTION_WEIGHTS[label], "extras"}


def test_positive_templates_mark_an_effect_and_asides_have_none() -> None:
    for template in read_templates("positives"):
        assert any(not hidden and form for hidden, form in marked(template)) or template.section == "extras"
    assert not any(marked(template) for template in read_templates("asides"))


def marked(template: Template) -> list[tuple[str, str]]:
    scene = ("drug", "other", "cond", "person", "they", "them", "their")
    return [(hidden, form) for hidden, form in SLOT.findall(template.text) if form not in scene]


def test_an_unknown_slot_is_reported_with_its_place() -> None:
    with pytest.raises(CorpusError, match=r"direct\.txt, line 7: the slot \{nuon\}"):
        check_slots([Template("{drug} gave me {nuon}", "direct", 7)])


def test_a_slot_without_a_fitting_phrase_raises_no_phrase_error(terminology: Terminology) -> None:
    lexicon = read_lexicons(terminology, (), seed=1)["train"]
    with pytest.raises(NoPhraseError):
        fill_template(
            Template("{noun}", "direct", 1),
            draw_scene(lexicon, Random(1)),
            lexicon,
            Random(1),
            EffectChoice(only=frozenset()),
            set(),
        )


def test_effects_of_medicines_are_effects_of_the_lists() -> None:
    medicines = read_medicines()
    effects = {name for medicine in medicines for name in medicine.desired | medicine.treats}
    assert effects <= set(read_wordlist("training.synthetic", "effects"))
    assert all(medicine.conditions for medicine in medicines)
    assert len({medicine.name for medicine in medicines}) == len(medicines) > 500


def test_the_sides_share_no_phrase_and_no_template(terminology: Terminology) -> None:
    lexicons = read_lexicons(terminology, (), seed=1)
    for pair in combinations(SIDES, 2):
        for label in (0, 1):
            texts = [
                {t.text for part in lexicons[side].templates(label).values() for t in part} for side in pair
            ]
            assert texts[0] and texts[1] and not texts[0] & texts[1]
        phrases = [
            {p.text for part in lexicons[side].effects.values() for p in part}
            | {effect for tweet in lexicons[side].written[1] for effect in tweet.effects}
            for side in pair
        ]
        assert phrases[0] and phrases[1] and not phrases[0] & phrases[1]


def test_the_written_tweets_are_read_with_their_codes(terminology: Terminology) -> None:
    written = read_written(terminology)
    assert {tweet.label for tweet in written} == {0, 1}
    assert any(piece.ptid for tweet in written for piece in tweet.pieces)


def test_no_post_for_evaluation_is_a_post_to_train_on(terminology: Terminology) -> None:
    written = {plain_words(tweet.text) for tweet in read_written(terminology)}
    evaluated = evaluation_posts(terminology, "blind", "stream", "stream_positives")
    assert len(evaluated) > 2_000
    assert not written & {plain_words(post.text) for post in evaluated}


def test_no_hard_post_is_a_post_to_train_on(shared: Path, terminology: Terminology) -> None:
    written = {plain_words(tweet.text) for tweet in read_written(terminology)}
    rows = (shared / "hard_posts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert not written & {plain_words(row.split("\t")[4]) for row in rows}


def test_every_pt_of_the_lists_exists_in_a_real_terminology(shared: Path) -> None:
    """Otherwise its tweets and phrases would silently have no code."""
    terminology = add_further_terms(read_release(shared / "terminology"))
    pt_names = {*terminology.pt_names.values(), ""}
    lines = [
        line
        for folder in ("written", "blind")
        for line in read_numbered_lines(data_folder("training.synthetic", folder))
    ]
    pts_in_tweets = {name for line in lines for name in re.findall(r"\[[^|\]]*\|([^\]]*)\]", line.text)}
    assert len(pts_in_tweets) > 300
    assert pts_in_tweets <= pt_names
    assert set(read_wordlist("training.synthetic", "effects")) <= pt_names
    assert {name for effect in read_effects().values() for name in effect.names} <= pt_names
