"""What each filter finds, in which order, and from which bundle's prediction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql

from monitor.enrich.drugs import DrugChoice
from monitor.errors import FatalError, RetryableError
from monitor.findings import DrugMention, DrugNaming
from monitor.records import ScoredPost
from monitor.settings import Settings
from monitor.store import (
    Filters,
    ReportedEffect,
    Store,
    find_effects,
    reading_engine,
    translate_driver_errors,
)
from monitor.store.ade_report import select_effects
from monitor.word_search import contains_phrase
from tests.monitor.store.batches import POSTED, Tables, linked_to, mention_of, negative_tweet, scored, write

TREMOR, NAUSEA = ("10044565", "Tremor"), ("10028813", "Nausea")


def tweets() -> list[ScoredPost]:
    """Return three tweets with four mentions, an hour apart, and one without any."""
    shaky = "#Zoloft makes me shaky_and-dizzy, 100% can't sleep"
    sick = "percocet/prozac.Now sick\nall day"
    arabic = "دوخة من الدواء"
    return [
        linked_to(
            DrugMention(1, 7, "Zoloft", "sertraline", DrugNaming.BRAND, "N06AB06"),
            scored(
                "1",
                shaky,
                mention_of(shaky, "shaky", pt=TREMOR, score=0.6),
                mention_of(shaky, "dizzy"),
                probability=0.7,
            ),
        ),
        linked_to(
            DrugMention(0, 8, "percocet", "acetaminophen + oxycodone", DrugNaming.BRAND, "N02AJ17"),
            scored(
                "2",
                sick,
                mention_of(sick, "sick", pt=NAUSEA),
                probability=0.9,
                posted_at=POSTED + timedelta(hours=1),
            ),
        ),
        scored(
            "3", arabic, mention_of(arabic, "دوخة"), probability=0.8, posted_at=POSTED + timedelta(hours=2)
        ),
        negative_tweet("4", posted_at=POSTED + timedelta(hours=3)),
    ]


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with `tweets()`."""
    await write(store, tweets())
    return migrated


def filters_with(name: str, value: str) -> Filters:
    """Return filters with one value; "drug" is a name of a drug, "class" the ATC code of a class."""
    if name in ("drug", "class"):
        return Filters(drug=DrugChoice(value, value if name == "class" else None))
    return Filters(**{name: value})  # type: ignore[arg-type]


def spans(settings: Settings, filters: Filters) -> list[str]:
    return [effect.span for effect in find_effects(settings, filters)]


async def test_without_filters_all_effects_come_newest_first_and_in_text_order(
    filled: Settings,
) -> None:
    assert spans(filled, Filters()) == ["دوخة", "sick", "shaky", "dizzy"]


async def test_an_effect_has_all_columns_of_the_report(filled: Settings) -> None:
    (effect,) = find_effects(filled, Filters(pt="Tremor"))
    text = tweets()[0].received.post.text
    expected = ReportedEffect(
        POSTED, "1", "en", text, "shaky", 17, 22, 0.7, 0.6, *TREMOR, 0.75, "old", effect.predicted_at
    )
    assert effect.case_id
    drug = {"drug": "sertraline", "drug_text": "Zoloft", "drug_atc": "N06AB06", "drug_score": 0.9}
    assert effect == replace(expected, case_id=effect.case_id, drug_place="post", **drug)  # type: ignore[arg-type]
    assert text[effect.start : effect.end] == effect.span


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(since=POSTED + timedelta(hours=1)), ["دوخة", "sick"]),
        (Filters(until=POSTED + timedelta(hours=1)), ["shaky", "dizzy"]),
        (Filters(since=POSTED, until=POSTED), []),
        (Filters(pt="10028813"), ["sick"]),
        (Filters(pt="NAUSEA"), ["sick"]),
        (Filters(pt="Naus"), []),
        (Filters(pt="N%"), []),
        (Filters(pt="_ausea"), []),
        (Filters(text="SLEEP makes"), ["shaky", "dizzy"]),
        (Filters(text="can't"), ["shaky", "dizzy"]),
        (Filters(text="100%"), ["shaky", "dizzy"]),
        (Filters(text="all day"), ["sick"]),
        (Filters(text="slee"), []),
        (Filters(text="sleep day"), []),
        (Filters(text="sleep | day"), []),
        (Filters(text="الدواء"), ["دوخة"]),
        (Filters(drug=DrugChoice("sertraline")), ["shaky", "dizzy"]),
        (Filters(drug=DrugChoice("zoloft")), []),
        (Filters(drug=DrugChoice("oxycodone")), ["sick"]),
        (Filters(drug=DrugChoice("acetaminophen + oxycodone")), ["sick"]),
        (Filters(drug=DrugChoice("aspirin + oxycodone")), []),
        (Filters(drug=DrugChoice("ssris", "N06AB")), ["shaky", "dizzy"]),
        (Filters(drug=DrugChoice("drugs of nerves", "N")), ["sick", "shaky", "dizzy"]),
        (Filters(drug=DrugChoice("%", "%")), []),
        (Filters(min_probability=0.8), ["دوخة", "sick"]),
        (Filters(min_score=0.7), ["دوخة", "sick", "dizzy"]),
        (Filters(coded=True), ["sick", "shaky"]),
        (Filters(coded=False), ["دوخة", "dizzy"]),
        (Filters(bundle="old", coded=True), ["sick", "shaky"]),
        (Filters(bundle="new"), []),
        (Filters(limit=2), ["دوخة", "sick"]),
        (Filters(drug=DrugChoice("sertraline"), pt="tremor", min_probability=0.7, limit=5), ["shaky"]),
    ],
    ids=str,
)
async def test_each_filter_finds_the_effects_it_names(
    filled: Settings, filters: Filters, expected: list[str]
) -> None:
    assert spans(filled, filters) == expected
    if filters.bundle is None:
        assert spans(filled, replace(filters, bundle="all")) == expected


async def test_words_are_found_next_to_emoji_and_typographic_punctuation(
    store: Store, migrated: Settings
) -> None:
    texts = ["zoloft😭 sick", "zoloft’s sick", "“zoloft” sick", "zoloft… sick", "zoloft\u00a0now sick"]
    others = ["zolofts sick", "notzoloft sick"]
    await write(store, [scored(text, text, mention_of(text, "sick")) for text in texts + others])
    for bundle in (None, "all"):
        effects = find_effects(migrated, Filters(text="zoloft", bundle=bundle))
        assert {effect.text for effect in effects} == set(texts)
    assert [text for text in texts + others if contains_phrase(text, "zoloft")] == texts
    assert len(spans(migrated, Filters(text="“sick” zoloft💊"))) == len(texts)


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(text="zoloft"), "ix_tweets_words"),
        (Filters(text="no zoloft", bundle="all"), "ix_tweets_words"),
        (Filters(drug=DrugChoice("sertraline")), "ix_mentions_ingredients"),
        (Filters(drug=DrugChoice("sertraline"), bundle="all"), "ix_mentions_ingredients"),
    ],
    ids=str,
)
def test_a_search_for_words_or_for_a_drug_uses_its_index(
    migrated: Settings, filters: Filters, index: str
) -> None:
    query = select_effects(filters).compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )  # type: ignore[no-untyped-call]
    with reading_engine(migrated.database).connect() as connection:
        connection.execute(sql("SET enable_seqscan = off"))
        plan = connection.exec_driver_sql(f"EXPLAIN {query}").scalars().all()
    assert any(index in line for line in plan)


async def test_the_latest_prediction_of_a_tweet_counts_unless_a_bundle_is_chosen(
    store: Store, migrated: Settings
) -> None:
    text = "so sick and so shaky"
    first, second = mention_of(text, "sick"), mention_of(text, "shaky")
    await write(store, [scored("1", text, first), scored("2", text, first)], bundle="z-first")
    await write(store, [scored("1", text, second), scored("2", text)], bundle="a-second")
    assert spans(migrated, Filters()) == ["shaky"]
    assert spans(migrated, Filters(bundle="z-first")) == ["sick", "sick"]
    assert spans(migrated, Filters(bundle="all")) == ["sick", "shaky", "sick"]


async def test_the_view_shows_the_same_effects_as_the_query(filled: Settings, tables: Tables) -> None:
    rows = tables.rows("SELECT span FROM ade_report ORDER BY posted_at DESC, tweet_id DESC, start")
    assert [span for (span,) in rows] == spans(filled, Filters())


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.data())
@profile(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_value_of_a_filter_ever_becomes_sql(
    filled: Settings, wild: str, data: st.DataObject
) -> None:
    frames = ("{}", "'; DROP TABLE tweets; -- {}", "zoloft' | {}", "!{}:* & <-> ", "%(pt)s :pt $1 {}")
    name = data.draw(st.sampled_from(["pt", "text", "drug", "class", "bundle"]))
    value = data.draw(st.sampled_from(frames)).replace("{}", wild)
    assert len(spans(filled, filters_with(name, value))) in ((0, 2) if "zoloft" in value else (0, 1, 2))


async def test_after_a_malicious_filter_everything_is_still_there(filled: Settings) -> None:
    for name in ("pt", "text", "drug", "class", "bundle"):
        assert spans(filled, filters_with(name, "x'; DROP TABLE mentions; --")) == []
    assert len(spans(filled, Filters())) == 4


async def test_many_effects_are_read_in_portions(store: Store, migrated: Settings, tables: Tables) -> None:
    text = "so sick"
    batch = [scored(f"{n:05}", text, mention_of(text, "sick")) for n in range(1_200)]
    await write(store, batch)
    effects = find_effects(migrated, Filters())
    first = next(effects)
    waiting = tables.rows("SELECT query FROM pg_stat_activity WHERE application_name = 'ade-monitor query'")
    assert len(waiting) == 1
    assert "FETCH FORWARD" in waiting[0][0]
    ids = [first.tweet_id, *(effect.tweet_id for effect in effects)]
    assert ids == [f"{n:05}" for n in reversed(range(1_200))]


async def test_reading_cannot_write(filled: Settings) -> None:
    with (
        pytest.raises(RetryableError, match="25006"),
        translate_driver_errors(filled.database),
        reading_engine(filled.database).connect() as connection,
    ):
        connection.execute(sql("DELETE FROM tweets"))


async def test_the_error_for_a_database_without_tables_names_the_command_to_run(settings: Settings) -> None:
    with pytest.raises(FatalError, match="`ade-monitor db upgrade`"):
        spans(settings, Filters())
