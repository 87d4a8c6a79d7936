"""Recoding of stored mentions: each text once, in pages, resumed, next to the original codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from models.normalizer import SpanInText
from models.predictions import Candidate
from models.terminology import GroupedRelease, Terminology, read_grouped_release
from monitor.errors import FatalError
from monitor.recoding import recode_mentions, report_changes
from monitor.settings import Settings
from monitor.store import Filters, Store, find_effects, recoded_mentions
from monitor.store.terminology_import import ReleaseContent, replace_terminology
from tests.monitor.store.batches import Tables, mention_of, scored, write
from tests.monitor.store.events import apply, post_event
from tests.release import write_release

SICK = ("90000001", "Nausea")


class WordCoder:
    """Codes fixed words."""

    def __init__(
        self, codes: dict[str, tuple[str, str]], *, release: str = "27.0", bundle: str = "b1"
    ) -> None:
        self.version = bundle
        self.release = release
        self.reads_text = False
        self.codes = codes
        self.coded: list[SpanInText] = []
        self.fail_after: int | None = None

    def code(self, spans: Sequence[SpanInText]) -> list[Candidate | None]:
        if self.fail_after is not None and len(self.coded) >= self.fail_after:
            raise KeyboardInterrupt
        self.coded.extend(spans)
        return [Candidate(*self.codes[span.span], 0.5) if span.span in self.codes else None for span in spans]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recoded_mentions, "PAGE", 2)


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    """Nine mentions of four texts."""
    posts = []
    for number, word in enumerate(
        ["sick", "sick", "dizzy", "awake", "sick", "dizzy", "odd", "sick", "awake"]
    ):
        text = f"so {word} today"
        pt = None if word == "odd" else SICK
        posts.append(scored(str(number), text, mention_of(text, word, pt=pt)))
    await write(store, posts)
    return migrated


def codes_in(tables: Tables, release: str = "27.0") -> dict[str, tuple[str | None, str]]:
    rows = tables.rows(
        "SELECT DISTINCT m.text, r.ptid, r.bundle "
        "FROM recoded_mentions r JOIN mentions m ON m.id = mention_id WHERE release = %s",
        release,
    )
    return {text: (ptid, bundle) for text, ptid, bundle in rows}


CODES = {"sick": ("90000001", "Nausea"), "dizzy": ("90000004", "Dizziness"), "odd": ("5", "Oddness")}


def test_each_distinct_text_is_coded_once_and_all_its_mentions_get_the_code(
    filled: Settings, tables: Tables
) -> None:
    coder = WordCoder(CODES)
    progress: list[int] = []
    totals: list[tuple[int, int]] = []
    counts = recode_mentions(filled, coder, begin=lambda *both: totals.append(both), advance=progress.append)
    assert Counter(span.span for span in coder.coded) == Counter(["sick", "dizzy", "awake", "odd"])
    assert (counts.texts, counts.mentions) == (4, 9)
    assert (totals, progress) == ([(4, 9)], [2, 2])
    assert codes_in(tables) == {
        "sick": ("90000001", "b1"),
        "dizzy": ("90000004", "b1"),
        "odd": ("5", "b1"),
        "awake": (None, "b1"),
    }
    assert tables.rows("SELECT count(*), count(DISTINCT ptid) FROM mentions WHERE ptid = '90000001'") == [
        (8, 1)
    ]


def test_a_second_run_changes_nothing_and_codes_only_new_mentions(filled: Settings, tables: Tables) -> None:
    recode_mentions(filled, WordCoder(CODES))
    before = tables.rows("SELECT * FROM recoded_mentions ORDER BY 1")
    coder = WordCoder(CODES)
    assert recode_mentions(filled, coder).mentions == 0
    assert coder.coded == []
    assert tables.rows("SELECT * FROM recoded_mentions ORDER BY 1") == before


def test_an_interrupted_run_goes_on_with_what_is_left(filled: Settings, tables: Tables) -> None:
    coder = WordCoder(CODES)
    coder.fail_after = 2
    with pytest.raises(KeyboardInterrupt):
        recode_mentions(filled, coder)
    assert len(codes_in(tables)) == 2
    rest = WordCoder(CODES)
    recode_mentions(filled, rest)
    assert {span.span for span in rest.coded} == {"awake", "dizzy", "odd", "sick"} - {
        span.span for span in coder.coded
    }
    assert len(codes_in(tables)) == 4


def test_several_releases_stay_next_to_each_other_and_another_bundle_replaces_its_own(
    filled: Settings, tables: Tables
) -> None:
    recode_mentions(filled, WordCoder(CODES))
    recode_mentions(filled, WordCoder({}, release="28.0"))
    recode_mentions(filled, WordCoder(CODES | {"awake": ("90000003", "Insomnia")}, bundle="b2"))
    assert codes_in(tables)["awake"] == ("90000003", "b2")
    assert codes_in(tables, "28.0")["awake"] == (None, "b1")
    assert tables.rows("SELECT count(*) FROM recoded_mentions") == [(18,)]


async def test_the_text_around_a_span_counts_where_the_bundle_reads_it(
    store: Store, migrated: Settings
) -> None:
    texts = ["sick of zoloft", "zoloft made me sick", "sick of zoloft"]
    posts = [scored(str(n), text, mention_of(text, "sick", pt=SICK)) for n, text in enumerate(texts)]
    await write(store, posts)
    coder = WordCoder(CODES)
    coder.reads_text = True
    assert recode_mentions(migrated, coder).mentions == 3
    assert Counter(span.text for span in coder.coded) == Counter(set(texts))


async def test_rows_go_with_their_post(store: Store, filled: Settings, tables: Tables) -> None:
    recode_mentions(filled, WordCoder(CODES))
    await apply(store, post_event("delete", "0"))
    assert tables.rows("SELECT count(*) FROM recoded_mentions") == [(8,)]


async def test_a_post_that_is_deleted_meanwhile_is_left_out(
    store: Store, filled: Settings, tables: Tables
) -> None:
    class Deleting(WordCoder):
        def code(self, spans: Sequence[SpanInText]) -> list[Candidate | None]:
            tables.run("DELETE FROM tweets WHERE tweet_id IN ('0', '2')")
            return super().code(spans)

    assert recode_mentions(filled, Deleting(CODES)).mentions == 7


def test_two_runs_at_once_are_refused(filled: Settings) -> None:
    class Nested(WordCoder):
        def code(self, spans: Sequence[SpanInText]) -> list[Candidate | None]:
            with pytest.raises(FatalError):
                recode_mentions(filled, WordCoder(CODES))
            return super().code(spans)

    recode_mentions(filled, Nested(CODES))


def test_both_codings_can_be_queried(filled: Settings) -> None:
    recode_mentions(filled, WordCoder(CODES))
    original = list(find_effects(filled, Filters(pt="Nausea")))
    recoded = list(find_effects(filled, Filters(pt="Nausea", coding="27.0")))
    assert Counter(effect.span for effect in original) == {"sick": 4, "dizzy": 2, "awake": 2}
    assert Counter(effect.span for effect in recoded) == {"sick": 4}
    (odd,) = find_effects(filled, Filters(text="odd", coding="27.0"))
    assert (odd.ptid, odd.pt_name, odd.pt_score) == ("5", "Oddness", 0.5)
    assert list(find_effects(filled, Filters(coding="28.0"))) == []
    assert len(list(find_effects(filled, Filters(coding="27.0", bundle="all")))) == 9


@pytest.fixture
def releases(tmp_path: Path) -> tuple[GroupedRelease, GroupedRelease]:
    """A release, and a later one without the SMQ "Head" and with another name of Dizziness."""
    earlier = read_grouped_release(write_release(tmp_path / "a", smqs=True))
    smqs = replace(earlier.smqs, by_code={"20000002": earlier.smqs.by_code["20000002"]})
    names = {**earlier.terminology.pt_names, "90000004": "Giddiness"}
    return earlier, replace(earlier, terminology=Terminology(names, version="27.0"), smqs=smqs)


def test_the_report_lists_codes_groups_and_counts_that_change(
    filled: Settings, releases: tuple[GroupedRelease, GroupedRelease]
) -> None:
    earlier, later = releases
    replace_terminology(filled, "26.1", earlier.groups(), ReleaseContent())
    codes = CODES | {"awake": ("90000003", "Insomnia")}
    del codes["odd"]
    recode_mentions(filled, WordCoder(codes))
    report = report_changes(filled, later)
    assert (report.mentions, report.changed, report.left) == (9, 4, 0)
    changes = {(c.change.value, c.pair.ptid, c.pair.new_ptid, c.pair.mentions) for c in report.codes}
    assert changes == {
        ("another code", "90000001", "90000004", 2),
        ("another code", "90000001", "90000003", 2),
    }
    groups = {(g.kind.value, g.name): (g.before, g.after) for g in report.groups}
    assert groups == {
        ("primary_soc", "Gut"): (8, 4),
        ("primary_soc", "Nerves"): (0, 4),
        ("smq_narrow", "Head"): (0, None),
        ("smq_narrow", "Sleepless"): (0, 2),
        ("smq_broad", "Head"): (0, None),
        ("smq_broad", "Sleepless"): (0, 2),
    }


def test_the_report_knows_renamed_lost_and_gained_codes_and_what_is_left(
    filled: Settings, tables: Tables, releases: tuple[GroupedRelease, GroupedRelease]
) -> None:
    recode_mentions(filled, WordCoder({"sick": ("90000001", "Queasiness"), "odd": ("5", "Oddness")}))
    tables.run("DELETE FROM recoded_mentions WHERE mention_id = (SELECT min(id) FROM mentions)")
    report = report_changes(filled, releases[1])
    counts = Counter({change.change.value: change.pair.mentions for change in report.codes})
    assert counts == {"another name": 3, "no code now": 4, "no code before": 1}
    assert (report.left, report.compared, report.groups) == (1, False, ())
