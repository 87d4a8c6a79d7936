import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from training.corpora import Terminology
from training.examples import CodedPhrase
from training.tweets import GeneratedTweets, generate_tweets, read_lexicon
from training.tweets.grammar import Scene, expand, fill
from training.tweets.lexicon import Medicine, Template
from training.tweets.noise import roughen
from training.tweets.pieces import Piece, join
from training.tweets.wordlists import read_wordlist, split_alternatives

LAY = [CodedPhrase(f"lay phrase {number}", "90000001") for number in range(60)]


def some(terminology: Terminology, seed: int = 1) -> GeneratedTweets:
    return generate_tweets(terminology, LAY, positives=300, negatives=300, seed=seed)


def test_the_same_seed_gives_the_same_tweets(terminology: Terminology) -> None:
    assert some(terminology) == some(terminology)
    assert some(terminology).training != some(terminology, seed=2).training


def test_tweets_are_written_without_patients_phrases_too(terminology: Terminology) -> None:
    tweets = generate_tweets(terminology, (), positives=100, negatives=100, seed=1)
    assert sum(tweet.label for tweet in tweets.training) == 100 == len(tweets.training) / 2


def test_positives_have_spans_and_negatives_have_none(terminology: Terminology) -> None:
    tweets = some(terminology)
    for tweet in [*tweets.training, *tweets.validation]:
        assert bool(tweet.spans) == (tweet.label == 1), tweet.text
        for span in tweet.spans:
            marked = tweet.text[span.start : span.end]
            assert marked == marked.strip() != ""
    assert sum(tweet.label for tweet in tweets.training) == 300


def test_nothing_of_the_grammar_is_left_in_a_tweet(terminology: Terminology) -> None:
    for tweet in some(terminology).training:
        assert not re.search(r"[{}|]|<\w+>", tweet.text), tweet.text


def test_training_and_validation_share_no_template_and_no_phrase(terminology: Terminology) -> None:
    training, validation = read_lexicon(terminology, LAY, seed=1)
    for left, right in (
        (training.positives, validation.positives),
        (training.negatives, validation.negatives),
    ):
        sides = [{template.text for part in side.values() for template in part} for side in (left, right)]
        assert sides[0] and sides[1] and not sides[0] & sides[1]
    phrases = [
        {phrase.text for part in side.effects.values() for phrase in part} for side in (training, validation)
    ]
    assert phrases[0] and phrases[1] and not phrases[0] & phrases[1]


def test_every_slot_of_every_template_can_be_filled(terminology: Terminology) -> None:
    training, _ = read_lexicon(terminology, LAY, seed=1)
    forms = {*training.effects, "drug", "other", "cond", "mg", "day"}
    rng = Random(1)
    for templates in (*training.positives.values(), *training.negatives.values()):
        for template in templates:
            text = expand(template.text, rng)
            slots = {slot.split("}")[0].lstrip("-") for slot in text.split("{")[1:]}
            assert slots <= forms, template.text


def test_no_medicine_is_blamed_for_its_wanted_effect(terminology: Terminology) -> None:
    lexicon, _ = read_lexicon(terminology, LAY, seed=1)
    code = terminology.codes_by_name()["nausea"]
    wanted = frozenset(terminology.pt_names.values()) - {"Nausea"}
    scene = Scene(*[Medicine("pill", "any", ("pain",), wanted)] * 2)
    rng = Random(1)
    for _ in range(50):
        pieces = fill(Template("{drug} makes me {make}", "direct"), scene, lexicon, rng)
        assert [piece.ptid for piece in pieces if piece.ptid is not None] == [code]
        pieces = fill(Template("{drug} makes me {make}", "desired"), scene, lexicon, rng, desired=True)
        assert [piece.ptid for piece in pieces if piece.ptid is not None] != [code]


def test_wanted_effects_are_spelled_as_the_effects_are() -> None:
    wanted = {name for entry in read_wordlist("drugs").values() for name in entry.get("desired", ())}
    assert wanted
    assert wanted <= set(read_wordlist("effects"))


@given(
    st.lists(st.tuples(st.text(max_size=12), st.sampled_from([None, "", "90000001"])), max_size=8),
    st.integers(),
)
def test_offsets_hold_whatever_the_noise(parts: list[tuple[str, str | None]], seed: int) -> None:
    pieces = [Piece(text, ptid) for text, ptid in parts]
    rough = roughen(pieces, Random(seed))
    text, spans = join(rough)
    marked = [" ".join(piece.text.split()) for piece in rough if piece.ptid is not None]
    assert [text[span.start : span.end] for span in spans] == [words for words in marked if words]


def test_bars_inside_brackets_do_not_separate() -> None:
    assert split_alternatives("a (b|c) | d |") == ("a (b|c)", "d", "")
