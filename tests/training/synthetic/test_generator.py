import re
from collections import Counter
from random import Random
from statistics import median

import pytest

from models.terminology import Terminology
from training.examples import CodedPhrase, Example
from training.synthetic import GeneratedTweets, generate_tweets
from training.synthetic.lexicon import read_lexicons
from training.synthetic.medicines import Medicine, read_medicines
from training.synthetic.sentences import SECTION_WEIGHTS
from training.synthetic.template_filling import EffectChoice, Scene, fill_template
from training.synthetic.templates import Template

LAY = [CodedPhrase(f"lay phrase {number}", str(90_000_001 + number)) for number in range(60)]


def some(terminology: Terminology, seed: int = 1, count: int = 300) -> GeneratedTweets:
    return generate_tweets(terminology, LAY, positives=count, negatives=count, seed=seed)


def section_of(tweet: Example) -> str:
    """Return the section of a tweet, such as "indication" or "written", with which its document starts."""
    return tweet.document.split(":")[0]


@pytest.fixture(scope="module")
def many(terminology: Terminology) -> GeneratedTweets:
    return some(terminology, seed=4, count=2_500)


def test_the_same_seed_gives_the_same_tweets(terminology: Terminology) -> None:
    assert some(terminology) == some(terminology)
    assert some(terminology).training != some(terminology, seed=2).training


def test_tweets_can_be_generated_without_lay_phrases(terminology: Terminology) -> None:
    tweets = generate_tweets(terminology, (), positives=100, negatives=100, seed=1)
    assert sum(tweet.label for tweet in tweets.training) == 100 == len(tweets.training) / 2


@pytest.mark.parametrize(("positives", "negatives"), [(0, 200), (200, 0), (10, 190), (0, 0)])
def test_any_prevalence_is_met(terminology: Terminology, positives: int, negatives: int) -> None:
    tweets = generate_tweets(terminology, LAY, positives=positives, negatives=negatives, seed=1)
    assert Counter(tweet.label for tweet in tweets.training) == +Counter({1: positives, 0: negatives})
    for side in (tweets.validation, tweets.test):
        assert Counter(tweet.label for tweet in side) == +Counter({1: positives // 10, 0: negatives // 10})


def test_positives_have_spans_and_negatives_have_none(many: GeneratedTweets) -> None:
    for tweet in all_tweets(many):
        assert bool(tweet.spans) == (tweet.label == 1), tweet.text
        for span in tweet.spans:
            marked = tweet.text[span.start : span.end]
            assert marked == marked.strip() != ""


def test_nothing_of_the_grammar_is_left_in_a_tweet(many: GeneratedTweets) -> None:
    for tweet in all_tweets(many):
        assert not re.search(r"\{-?[a-z]+\}|<(?!user|url|br|p>)[a-z]{2,}>", tweet.text), tweet.text


def test_all_texts_are_different(many: GeneratedTweets) -> None:
    texts = [tweet.text for tweet in all_tweets(many)]
    assert len(texts) == len(set(texts))


def test_no_template_and_no_written_tweet_is_on_two_sides(many: GeneratedTweets) -> None:
    sides = [{(t.label, t.document) for t in side} for side in (many.training, many.validation, many.test)]
    assert all(sides)
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_every_section_occurs_in_its_class(many: GeneratedTweets) -> None:
    for label in (0, 1):
        sections = {section_of(tweet) for tweet in many.training if tweet.label == label}
        assert sections == {*SECTION_WEIGHTS[label], "written"}


def test_a_held_back_phrase_is_recognized_in_any_case(terminology: Terminology) -> None:
    tweets = some(terminology)
    lexicons = read_lexicons(terminology, LAY, seed=1)
    phrase = next(p.text for p in lexicons["test"].effects["noun"] if p.text.isascii())
    assert tweets.is_held_back(phrase.upper())
    assert not any(tweets.is_held_back(p.text) for p in lexicons["train"].effects["noun"])


def test_no_medicine_is_blamed_for_its_desired_effect(terminology: Terminology) -> None:
    """All PTs except nausea are desired here, so every positive must have nausea."""
    lexicon = read_lexicons(terminology, (), seed=1)["train"]
    desired = frozenset(terminology.pt_names.values()) - {"Nausea"}
    pill = Medicine("pill", "any", ("pain",), desired)
    scene = Scene(pill, pill)
    rng = Random(1)
    for _ in range(50):
        template = Template("{drug} makes me {make}", "direct", 1)
        pieces = fill_template(template, scene, lexicon, rng, EffectChoice(without=desired), set())
        codes = [piece.ptid for piece in pieces if piece.ptid is not None]
        assert codes == [terminology.codes_by_name()["nausea"]]


def rate(tweets: list[Example], label: int, pattern: str) -> float:
    matches = [re.search(pattern, tweet.text) is not None for tweet in tweets if tweet.label == label]
    return sum(matches) / len(matches)


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("emoji", "[\U0001f300-\U0001faff\u2600-\u27bf]"),
        ("hashtags", r"#\w"),
        ("names of users", "@"),
        ("capitals", r"\b[A-Z]{4,}\b"),
        ("line ends", r"\n"),
        ("what is not ASCII", r"[^\x00-\x7f]"),
        ("links", r"http|\.ly|\[link\]|<url>"),
        ("questions", r"\?"),
        ("sums", r"[+=]"),
        ("several sentences", r"[.!] .*[.!] "),
    ],
)
def test_no_ornament_gives_the_class_away(many: GeneratedTweets, what: str, pattern: str) -> None:
    """This holds for tweets from templates; written tweets are left as they are."""
    tweets = [tweet for tweet in many.training if section_of(tweet) != "written"]
    positive, negative = (rate(tweets, label, pattern) for label in (1, 0))
    assert min(positive, negative) > 0, what
    assert abs(positive - negative) < 0.1, what


def test_positives_and_negatives_are_about_equally_long(many: GeneratedTweets) -> None:
    lengths = [median(len(t.text) for t in many.training if t.label == label) for label in (0, 1)]
    assert 0.8 < lengths[0] / lengths[1] < 1.1


def test_no_kind_of_medicine_belongs_to_one_class(many: GeneratedTweets) -> None:
    """Each kind of medicine has about the same share of both classes."""
    names = {medicine.name for medicine in read_medicines() if medicine.name.isalpha()}
    counts = {label: Counter[str]() for label in (0, 1)}
    for tweet in many.training:
        if section_of(tweet) != "written":
            counts[tweet.label].update(names & set(re.findall(r"\w+", tweet.text.lower())))
    for kind in {medicine.kind for medicine in read_medicines()}:
        of_kind = [m.name for m in read_medicines() if m.kind == kind and m.name in names]
        both = [sum(counts[label][name] for name in of_kind) for label in (0, 1)]
        assert sum(both) < 60 or 0.5 < both[0] / both[1] < 2, (kind, both)


def all_tweets(tweets: GeneratedTweets) -> list[Example]:
    return [*tweets.training, *tweets.validation, *tweets.test]
