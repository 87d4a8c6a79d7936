"""Predictions of the shipped bundle on tweets that were composed for this test and never trained on."""

import pytest

from models import Scorer, ServingOptions, load_scorer
from models.scoring import packaged_bundles

# A tweet, and a word of the effect that it reports.
POSITIVE = [
    ("lexapro week 2: zero appetite and i yawn every five seconds", "appetite"),
    ("anyone's legs go completely numb from topamax? mine did in the middle of target lol", "numb"),
    ("i swear this new inhaler... no wait it's the prednisone that has me wide awake at 4 again", "awake"),
    ("had to pull over on the highway cause my seroquel dose made me so drowsy", "drowsy"),
    ("Quit lipitor on sunday. the muscle pain was just too much", "muscle pain"),
    ("humira gave my sister a nasty rash on both arms", "rash"),
    ("got the depo shot in may and gained 18 pounds since", "18 pounds"),
    ("Effexor + me = drenched sheets every single night", "sheets"),
    ("that ambien had me hallucinating little men on the ceiling", "hallucinating"),
    ("pharmacist says my constant cough is from the lisinopril", "cough"),
    ("wellbutrin headache day 6, make it stop", "headache"),
    ("buspar makes the room spin for about an hour, fun times", "room spin"),
    ("Third Ozempic dose. Threw up in a parking lot.", "Threw up"),
    ("@bella_r cymbalta completely wiped out my sex drive", "sex drive"),
    ("been on accutane a month & my lips are so dry they bleed", "lips"),
]
NEGATIVE = [
    "who else gets excited when the walgreens app says your lexapro is ready",
    "told my therapist about my panic attacks and she suggested buspar",
    "advil is the only reason i survived these cramps",
    "so dizzy today, skipped breakfast again",
    "Clinical trial of semaglutide in adults with heart failure meets primary endpoint https://t.co/9d8s7",
    "two years on lamictal and no complaints at all",
    "is one glass of wine at the wedding okay with amoxicillin",
    "my headache laughed at that tylenol",
    "Lawsuits claim Zofran caused birth defects. Free consultation http://t.co/law1",
    "hoping the accutane doesn't dry me out too badly",
    "dad finally got his humira approved after 3 appeals!!",
    "you need a chill pill and some xanax my guy",
    "gabapentin took my nerve pain from a 9 to a 3",
    "allergies are back so zyrtec and i are dating again",
    "the rash went away two days after i started prednisone",
    "the nurse at the flu shot clinic had the coolest tattoos",
]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    if "default" not in packaged_bundles():
        pytest.skip("the default bundle has not been trained yet: see docs/training.md")
    return load_scorer("default", ServingOptions(device="cpu"))


def test_the_bundle_finds_and_codes_two_effects_in_one_tweet(scorer: Scorer) -> None:
    text = "day 3 on zoloft and i can't stop shaking, no sleep either"
    [prediction] = scorer.score([text])
    assert prediction.label == "ADE"
    assert [(mention.text, mention.pt_name) for mention in prediction.mentions] == [
        ("can't stop shaking", "Tremor"),
        ("no sleep", "Insomnia"),
    ]
    assert all(text[mention.start : mention.end] == mention.text for mention in prediction.mentions)


@pytest.mark.parametrize("text", ["zoloft cured my insomnia", "just picked up my zoloft"])
def test_cures_and_news_are_not_effects(scorer: Scorer, text: str) -> None:
    [prediction] = scorer.score([text])
    assert (prediction.label, prediction.mentions) == ("NoADE", ())


def test_the_bundle_finds_most_effects_in_unseen_tweets(scorer: Scorer) -> None:
    predictions = scorer.score([text for text, _ in POSITIVE])
    hits = [
        any(word.lower() in mention.text.lower() for mention in prediction.mentions)
        for (_, word), prediction in zip(POSITIVE, predictions, strict=True)
    ]
    missed = [text for (text, _), hit in zip(POSITIVE, hits, strict=True) if not hit]
    assert len(missed) <= 3, missed


def test_the_bundle_raises_few_false_alarms_on_unseen_tweets(scorer: Scorer) -> None:
    predictions = scorer.score(NEGATIVE)
    alarms = [
        text for text, prediction in zip(NEGATIVE, predictions, strict=True) if prediction.label == "ADE"
    ]
    assert len(alarms) <= 2, alarms


@pytest.mark.parametrize(
    ("text", "pt_names"),
    [
        ("zoloft gave me such a dry mouth", {"Dry mouth"}),
        ("prednisone made me gain 20 pounds", {"Weight increased"}),
        # Near-synonyms: people also code it in either way.
        ("on wellbutrin and my heart is racing", {"Heart rate increased", "Palpitations"}),
        ("metformin gave me diarrhea", {"Diarrhoea"}),
        ("chantix gives me crazy vivid dreams", {"Abnormal dreams"}),
    ],
)
def test_the_bundle_codes_common_effects(scorer: Scorer, text: str, pt_names: set[str]) -> None:
    [prediction] = scorer.score([text])
    assert pt_names & {mention.pt_name for mention in prediction.mentions}
