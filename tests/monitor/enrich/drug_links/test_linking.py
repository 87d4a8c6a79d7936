"""Which drug is linked to an effect, on written and generated posts, and on any text at all."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.enrich.drug_links import link_drugs
from monitor.enrich.drug_links.link_rules import RULES
from monitor.enrich.drug_links.link_scores import CONTEXT_SCORES, SCORES
from monitor.enrich.drug_links.linking import choose_drugs
from monitor.findings import DrugLink, DrugMention, DrugNaming, DrugPlace, Span
from monitor.records import ContextKind, ContextPart, Post
from tests.monitor.enrich.drug_links.generated_posts import generated_posts
from tests.monitor.enrich.drug_links.written_posts import (
    ATC,
    drug_mentions,
    mention_of,
    read_marked,
    read_posts,
    wrong_links,
)

WRITTEN = read_posts()


def links_of(marked: str, *context: tuple[ContextKind, str]) -> dict[str, DrugLink]:
    """Return the link of each effect of a post, by its words; see `written_posts.py` for the marks."""
    text, drugs, right = read_marked(marked)
    mentions = list(drug_mentions(text, drugs))
    for part, (kind, marked_part) in enumerate(context):
        part_text, part_drugs, _ = read_marked(marked_part)
        mentions += drug_mentions(part_text, part_drugs, DrugPlace(kind.value), part)
    parts = tuple(ContextPart(kind, read_marked(marked_part)[0]) for kind, marked_part in context)
    links = link_drugs(Post("1", text, context=parts), mentions, [mention_of(text, span) for span in right])
    return {text[slice(*span)]: link for span, link in links.items()}


@pytest.mark.parametrize("half", ["tune", "held"])
def test_nine_of_ten_effects_of_written_posts_have_the_right_drug(half: str) -> None:
    posts = [written for written in WRITTEN if written.half == half]
    wrong = [line for written in posts for line in wrong_links(written)]
    assert len(wrong) <= 0.1 * sum(len(written.right) for written in posts), wrong


def test_most_written_posts_have_several_drugs_and_each_name_is_in_its_post() -> None:
    assert sum(len({drug.drug for drug in written.drugs}) > 1 for written in WRITTEN) >= 150
    assert all(drug.text.lower() == drug.drug for written in WRITTEN for drug in written.drugs)


def test_effects_of_generated_posts_have_the_right_drug() -> None:
    total, wrong = 0, []
    for written in generated_posts(1_200):
        total += len(written.right)
        wrong += wrong_links(written)
    assert total > 1_200
    assert len(wrong) <= 0.05 * total, wrong[:20]


def test_the_score_of_a_rule_is_not_above_its_share_of_right_links() -> None:
    outcomes = defaultdict[str, list[bool]](list)
    for written in [*WRITTEN, *generated_posts(1_200)]:
        in_post = [drug for drug in written.drugs if drug.place is DrugPlace.POST]
        for span, choice in choose_drugs(written.post.text, in_post, list(written.right)).items():
            outcomes[choice.rule].append(choice.drug.drug in written.right[span])
    tested = {rule: sum(results) / len(results) for rule, results in outcomes.items() if len(results) >= 20}
    assert len(tested) > 12
    assert {rule: share for rule, share in tested.items() if share < SCORES[rule] - 0.05} == {}


def test_each_rule_for_a_drug_has_a_score() -> None:
    assert {rule.name for rule in RULES if rule.weight > 0} <= set(SCORES)


def test_words_that_state_a_cause_are_surer_than_nearness() -> None:
    stated = links_of("[zoloft] gave me {hives>zoloft}. I also take [prozac]")["hives"]
    near = links_of("[zoloft]. Some {hives>zoloft}. I also take [prozac]")["hives"]
    assert stated.drug.drug == near.drug.drug == "zoloft"
    assert stated.score > near.score


def test_after_a_switch_the_new_drug_is_the_cause_and_the_old_one_if_it_was_the_reason() -> None:
    after = links_of("switched from [paxil] to [zoloft] a week ago and now I have {hives>zoloft}")["hives"]
    reason = links_of("switched from [paxil] to [zoloft] because I had {hives>paxil}")["hives"]
    assert (after.drug.drug, reason.drug.drug) == ("zoloft", "paxil")
    assert after.score == SCORES["switched to"]


def test_two_drugs_of_one_list_make_a_link_less_sure() -> None:
    single = links_of("[zoloft] gives me {hives>zoloft}, [prozac] is next")["hives"]
    double = links_of("[prozac] and [zoloft] give me {hives>zoloft}")["hives"]
    assert double.drug.drug == "zoloft"
    assert double.score < single.score


def test_a_drug_that_was_taken_for_the_effect_is_not_its_cause() -> None:
    assert links_of("[advil] for {this headache>-}") == {}
    link = links_of("[advil] for {this headache>-}", (ContextKind.TITLE, "[zoloft] week one"))[
        "this headache"
    ]
    assert (link.drug.drug, link.drug.place) == ("zoloft", DrugPlace.TITLE)


def test_the_drug_of_the_post_comes_before_those_of_its_context() -> None:
    link = links_of("[zoloft] {hives>zoloft}", (ContextKind.TITLE, "[prozac]"))["hives"]
    assert (link.drug.drug, link.drug.place) == ("zoloft", DrugPlace.POST)


def test_of_the_context_the_title_comes_first_and_no_link_is_as_sure_as_one_of_the_post() -> None:
    parts = [(kind, f"[{kind.value}drug]") for kind in reversed(ContextKind)]
    by_kind = {
        kind: links_of("so many {hives>-}", (kind, f"[{kind.value}drug]"))["hives"] for kind in ContextKind
    }
    assert links_of("so many {hives>-}", *parts)["hives"].drug.drug == "titledrug"
    assert by_kind[ContextKind.TITLE].score > by_kind[ContextKind.PARENT].score
    assert max(CONTEXT_SCORES.values()) < SCORES["nearest"]


def test_several_drugs_in_the_context_make_a_link_less_sure() -> None:
    single = links_of("so many {hives>-}", (ContextKind.TITLE, "[zoloft]"))["hives"]
    double = links_of("so many {hives>-}", (ContextKind.TITLE, "[zoloft] or [prozac]"))["hives"]
    assert double.drug.drug == "zoloft"
    assert double.score < single.score


def test_a_concrete_drug_comes_before_its_class() -> None:
    assert "ssris" in ATC
    link = links_of("[zoloft]? these [ssris^] gave me {hives>zoloft}")["hives"]
    assert link.drug.drug == "zoloft"


def test_a_class_that_only_introduces_a_drug_or_names_an_effect_is_not_the_cause() -> None:
    link = links_of("{hives>zoloft} from the [antidepressant^] drug [zoloft]")["hives"]
    assert link.drug.drug == "zoloft"
    text, drugs, _ = read_marked("[zoloft] after [neuroleptic^] malignant syndrome")
    effect = (text.index("neuroleptic"), len(text))
    links = link_drugs(Post("1", text), list(drug_mentions(text, drugs)), [mention_of(text, effect)])
    assert links[effect].drug.drug == "zoloft"


def test_a_drug_that_helps_against_the_effect_is_not_its_cause() -> None:
    assert links_of("I {can't sleep>-} without an [ambien] or [trazodone]") == {}


def test_what_holds_for_the_first_drug_of_a_list_holds_for_the_second() -> None:
    link = links_of("[cymbalta] has {headaches>cymbalta}, more than [effexor] or [zoloft]")["headaches"]
    assert link.drug.drug == "cymbalta"


def test_without_a_drug_or_an_effect_there_is_no_link() -> None:
    assert links_of("so many {hives>-}") == {}
    text, drugs, _ = read_marked("[zoloft] is fine")
    assert link_drugs(Post("1", text), list(drug_mentions(text, drugs)), []) == {}


def test_an_effect_that_names_its_drug_is_linked_to_it() -> None:
    text = "this zoloft hangover, thank god for advil"
    drugs = [*drug_mentions(text, [("zoloft", False), ("advil", False)])]
    links = link_drugs(Post("1", text), drugs, [mention_of(text, (5, 20))])
    assert links[5, 20].drug.drug == "zoloft"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["-", "=", "# a ", "#", ", ", "and ", "\n", "a"])
def test_a_long_text_of_one_piece_is_linked_quickly(piece: str) -> None:
    text = "zoloft gave me hives " + piece * (100_000 // len(piece)) + "x"
    drugs = [*drug_mentions(text, [("zoloft", False)])]
    links = link_drugs(Post("1", text), drugs, [mention_of(text, (15, 20))])
    assert links[15, 20].drug.drug == "zoloft"


@pytest.mark.timeout(20)
def test_a_long_list_of_drugs_and_effects_is_linked_quickly() -> None:
    text = "zoloft, hives, " * 1_200
    places = [index * 15 for index in range(1_200)]
    drugs = [DrugMention(place, place + 6, "zoloft", f"drug {place}", DrugNaming.GENERIC) for place in places]
    links = link_drugs(
        Post("1", text), drugs, [mention_of(text, (place + 8, place + 13)) for place in places]
    )
    assert 0 < len(links) <= 60


def test_hashtags_at_the_end_are_further_away() -> None:
    assert links_of("[zoloft] or so, {hives>zoloft} #[prozac] #a")["hives"].drug.drug == "zoloft"


def test_beyond_what_is_read_there_is_no_link_unless_only_the_context_names_a_drug() -> None:
    text = "zoloft " + "a " * 10_000 + "hives"
    mentions = [mention_of(text, (len(text) - 5, len(text)))]
    title = DrugMention(0, 6, "zoloft", "zoloft", DrugNaming.BRAND, place=DrugPlace.TITLE, part=0)
    drugs = [*drug_mentions(text, [("zoloft", False)]), title]
    assert link_drugs(Post("1", text), drugs, mentions) == {}
    [link] = link_drugs(Post("1", text), [title], mentions).values()
    assert link.drug == title


SPANS = st.tuples(st.integers(-3, 90), st.integers(-3, 90))
_PIECES = (
    "zoloft prozac hives gıveſ μg wıth gave me from because of not no the off it I so for and , . : ( # ->"
)
PIECES = st.sampled_from([*_PIECES.split(" "), "\n"])
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(PIECES, max_size=25).map(" ".join),
    st.text(alphabet="\ue000\ue001\uf000\uf001 aİ'.", max_size=40),
)


@given(
    TEXTS,
    st.lists(st.tuples(SPANS, st.sampled_from(DrugPlace)), max_size=5),
    st.lists(SPANS, max_size=5),
    st.data(),
)
@example("\ue000 gave me \uf000", [((0, 1), DrugPlace.POST)], [(10, 11)], None)
def test_any_text_and_any_spans_give_links_to_the_drugs_in_any_order(
    text: str, drug_spans: list[tuple[Span, DrugPlace]], effects: list[Span], data: st.DataObject | None
) -> None:
    drugs = [
        DrugMention(*span, text[slice(*span)], f"drug {index % 3}", DrugNaming.GENERIC, place=place)
        for index, (span, place) in enumerate(drug_spans)
    ]
    mentions = [mention_of(text, span) for span in effects]
    post = Post("1", text)
    links = link_drugs(post, drugs, mentions)
    assert set(links) <= set(effects)
    assert all(0 <= start < end <= len(text) for start, end in links)
    assert all(link.drug in drugs and 0 <= link.score <= 1 for link in links.values())
    if data is not None:
        shuffled = data.draw(st.permutations(drugs)), data.draw(st.permutations(mentions))
        assert link_drugs(post, *shuffled) == links
