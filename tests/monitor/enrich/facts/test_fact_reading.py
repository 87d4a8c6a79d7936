"""Which facts are read from a text, on written posts full of traps and on any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.facts import read_facts
from monitor.findings import SERIOUS, FactKind
from tests.monitor.enrich.facts.stated_facts import outcomes, read_posts, shares

POSTS = read_posts()


def values_of(text: str, kind: FactKind) -> list[str | None]:
    return [fact.value for fact in read_facts(text) if fact.kind is kind]


def test_there_are_enough_posts_and_traps() -> None:
    assert len(POSTS) >= 250
    assert sum(not post.facts for post in POSTS) >= 100


@pytest.mark.parametrize("half", ["tune", "held"])
def test_nine_of_ten_criteria_of_a_serious_case_are_right_and_most_are_read(half: str) -> None:
    results = [outcome for post in POSTS if post.half == half for outcome in outcomes(post)]
    right, wrong, missed = shares([outcome for outcome in results if outcome.kind in SERIOUS])
    assert right >= 30
    assert right / (right + wrong) >= 0.9
    assert right / (right + missed) >= 0.9


@pytest.mark.parametrize("half", ["tune", "held"])
def test_nine_of_ten_facts_about_the_use_of_a_drug_are_right(half: str) -> None:
    results = [outcome for post in POSTS if post.half == half for outcome in outcomes(post)]
    right, wrong, missed = shares([o for o in results if o.kind not in SERIOUS | {FactKind.PATIENT}])
    assert right >= 35
    assert right / (right + wrong) >= 0.9
    assert right / (right + missed) >= 0.9


@pytest.mark.parametrize("half", ["tune", "held"])
def test_the_patient_is_right_where_the_text_states_one(half: str) -> None:
    results = [outcome for post in POSTS if post.half == half for outcome in outcomes(post)]
    right, wrong, missed = shares([outcome for outcome in results if outcome.kind is FactKind.PATIENT])
    assert right / (right + wrong) >= 0.95
    assert right / (right + missed) >= 0.6


@pytest.mark.parametrize(
    "text",
    [
        "I died laughing",
        "dying for a coffee",
        "this will be the death of me",
        "ER on tv tonight",
        "didn't end up in hospital",
        "I work at the hospital",
        "it killed my appetite",
        "my dead phone",
        "it can cause birth defects",
        "if I end up in the ER I will sue",
        "nearly died of embarrassment",
    ],
)
def test_a_figure_of_speech_or_a_negation_is_not_serious(text: str) -> None:
    assert [fact for fact in read_facts(text) if fact.kind in SERIOUS] == []


@pytest.mark.parametrize(
    "text",
    [
        "I can't sleep, ended up in the ER",
        "couldn't breathe and went to the ER",
        "not my day. Was in hospital",
    ],
)
def test_a_negation_in_another_clause_takes_nothing_back(text: str) -> None:
    assert [fact.kind for fact in read_facts(text) if fact.kind in SERIOUS] == [FactKind.HOSPITAL]


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("50mg", "50 mg"),
        ("0.5 mg", "0.5 mg"),
        (".5mg", "0.5 mg"),
        ("37,5 mg", "37.5 mg"),
        ("1,000 mg", "1000 mg"),
        ("two pills a day", "2 pills a day"),
        ("half a tab", "0.5 tablets"),
        ("75 mg twice daily", "75 mg twice a day"),
        ("20mg/day", "20 mg a day"),
        ("3 caps nightly", "3 capsules a night"),
        ("150 µg", "150 mcg"),
    ],
)
def test_a_dose_has_a_normalized_value(text: str, dose: str) -> None:
    assert values_of(f"they put me on {text} and I feel sick", FactKind.DOSE) == [dose]


@pytest.mark.parametrize("text", ["sugar of 300 mg/dL", "5g network", "room 50", "took a pill"])
def test_a_number_that_is_not_a_dose_is_not_read(text: str) -> None:
    assert values_of(text, FactKind.DOSE) == []


@pytest.mark.parametrize(
    ("text", "onset"),
    [
        ("two days after starting it", "2 days"),
        ("within an hour of taking it", "1 hour"),
        ("a few hours after my shot", "hours"),
        ("a couple of weeks into lexapro", "2 weeks"),
        ("started it and 3 nights later", "3 days"),
        ("right after taking it", "immediately"),
    ],
)
def test_the_time_to_onset_has_a_normalized_value(text: str, onset: str) -> None:
    assert values_of(f"{text} I had hives", FactKind.ONSET) == [onset]


@pytest.mark.parametrize(
    "text", ["two days after the appointment", "an hour after I stopped it", "on it for two years"]
)
def test_other_times_are_not_an_onset(text: str) -> None:
    assert values_of(f"{text} I had hives", FactKind.ONSET) == []


def test_stopping_and_taking_again_have_a_result() -> None:
    assert values_of("I stopped it and the rash went away", FactKind.DECHALLENGE) == ["positive"]
    assert values_of("I stopped it and still have the rash", FactKind.DECHALLENGE) == ["negative"]
    assert values_of("the sweating stopped and I got better", FactKind.DECHALLENGE) == []
    assert values_of("took it again and the rash came back", FactKind.RECHALLENGE) == ["positive"]
    assert values_of("took it again, no rash", FactKind.RECHALLENGE) == ["negative"]


@pytest.mark.parametrize(
    ("text", "patient"),
    [
        ("it gave me hives", ["self"]),
        ("it gave my mom hives", ["parent"]),
        ("our 3 year old daughter threw up", ["child"]),
        ("my husband can't sleep on it", ["partner"]),
        ("my best friend fainted", ["friend"]),
        ("my grandma fell", ["other"]),
        ("my wife is on it, too, and I can't sleep", ["partner"]),
        ("this pill makes me dizzy, my mom says stop it", ["self"]),
        ("side effects: hives", []),
        ("my mom was rushed to the ER after taking it", ["parent"]),
        ("my dad is not on it", []),
        ("my mom said it is bad", []),
        ("my mom is a nurse", []),
        ("my sister had a baby", []),
        ("people get hives", []),
    ],
)
def test_the_patient_is_the_person_that_it_happened_to(text: str, patient: list[str]) -> None:
    assert values_of(text, FactKind.PATIENT) == patient


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("i can't stop shaking", "i can't"),
        ("I re-started it", "I re-started"),
        ("my doctor’s advice", "my doctor’s"),
    ],
)
def test_the_span_of_the_patient_ends_with_a_word(text: str, words: str) -> None:
    assert [fact.text for fact in read_facts(text) if fact.kind is FactKind.PATIENT] == [words]


def test_of_a_long_list_the_first_facts_are_kept() -> None:
    facts = read_facts("50 mg " * 3_000)
    assert [fact.start for fact in facts] == [6 * index for index in range(100)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("stable on 50 μg of levothyroxine", FactKind.DOSE, "50 mcg"),  # the Greek letter
        ("stable on 50 µg of levothyroxine", FactKind.DOSE, "50 mcg"),  # the sign for micro
        ("STABLE ON 50 ΜG OF LEVOTHYROXINE", FactKind.DOSE, "50 mcg"),
        ("two pıllſ daıly", FactKind.DOSE, "2 pills a day"),
        ("my wıfe took it and felt sick", FactKind.PATIENT, "partner"),
        ("my wİfe took it and felt sick", FactKind.PATIENT, "partner"),
        ("hives 3 dayſ after taking it", FactKind.ONSET, "3 days"),
    ],
)
def test_letters_that_only_a_pattern_matches_have_the_same_value(
    text: str, kind: FactKind, value: str
) -> None:
    assert values_of(text, kind) == [value]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["1,", "1,1", "1.", "-", ". ", " ", "and ", "my mom ", "1 g "])
def test_a_long_text_of_one_piece_is_read_quickly(piece: str) -> None:
    text = "i took 5 mg and died " + piece * (100_000 // len(piece))
    assert FactKind.DOSE in {fact.kind for fact in read_facts(text)}


PIECES = st.sampled_from(
    [
        "I",
        "stopped",
        "it",
        "and",
        "my",
        "mom",
        "died",
        "in",
        "the",
        "ER",
        "hospital",
        "50",
        "mg",
        "two",
        "days",
        "after",
        "again",
        "came",
        "back",
        ".",
        ",",
        "not",
        "if",
        "n't",
        "’",
        "é",
        "😭",
        "50 μg of",
        "50 Μg",
        "wıfe",
        "wİfe",
        "took it and felt sick",
        "3 dayſ after taking",
        "dayſ after starting",
        "½ an hour later",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map(" ".join)))
def test_any_text_gives_facts_whose_spans_have_their_words(text: str) -> None:
    facts = read_facts(text)
    assert all(text[fact.start : fact.end] == fact.text and fact.text for fact in facts)
    assert list(facts) == sorted(facts, key=lambda fact: (fact.start, fact.end, fact.kind))
    assert len({(fact.kind, fact.start) for fact in facts}) == len(facts)
