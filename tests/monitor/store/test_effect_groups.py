"""The imported release: in memory for rules, in filters, and while it is replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from models.terminology import GroupedRelease, GroupKind, PtGroup, read_grouped_release
from monitor.errors import RetryableError
from monitor.settings import Settings
from monitor.store import Filters, Store, find_effects
from monitor.store.connections import async_engine
from monitor.store.effect_groups import NO_EFFECT_GROUPS, NO_PT_GROUPS, load_pt_groups, read_pt_groups
from monitor.store.group_filters import GroupFilter, UnknownGroupError, find_groups
from monitor.store.terminology_import import ReleaseContent, imported_terminology, replace_terminology
from tests.monitor.store.batches import Tables, mention_of, scored, write
from tests.release import write_release

TEXT = "insomnia and nausea and dizziness"
CODES = {"insomnia": "90000003", "nausea": "90000001", "dizziness": "90000004"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> GroupedRelease:
    grouped = read_grouped_release(write_release(tmp_path_factory.mktemp("r") / "release", smqs=True))
    return replace(grouped, lists={GroupKind.IME: ("90000003", "90000004"), GroupKind.DME: ("90000004",)})


@pytest.fixture
def imported(migrated: Settings, release: GroupedRelease) -> Settings:
    replace_terminology(migrated, "26.1", release.groups(), ReleaseContent({"pt": 5}, {"20000001": "A"}))
    return migrated


def effects_in(settings: Settings, *groups: GroupFilter) -> list[str]:
    return [effect.span for effect in find_effects(settings, Filters(groups=groups))]


def find(settings: Settings, kind: GroupKind, name: str) -> GroupFilter:
    (group,) = find_groups(settings, [(kind, name)])
    return group


def test_the_groups_of_a_pt_have_codes_and_casefolded_names(imported: Settings) -> None:
    groups = load_pt_groups(imported)
    insomnia, dizziness = groups.groups_of("90000003"), groups.groups_of("90000004")
    assert insomnia.soc == {"52", "53", "nerves", "mind"}
    assert insomnia.primary_soc == {"52", "nerves"}
    assert insomnia.hlgt == {"673", "group of sleep"}
    assert insomnia.hlt == {"73", "sleep"}
    assert insomnia.smq_narrow == {"20000001", "head", "20000002", "sleepless"}
    assert (insomnia.ime, insomnia.dme) == (True, False)
    assert dizziness.smq_broad == {"20000001", "head"}
    assert dizziness.smq_narrow == frozenset()
    assert (dizziness.ime, dizziness.dme) == (True, True)
    assert groups.groups_of("nothing") == NO_EFFECT_GROUPS
    assert groups.group_names[GroupKind.SMQ_BROAD] == {"20000001", "head", "20000002", "sleepless"}
    assert groups.release is not None
    assert groups.release.release == "26.1"


async def test_a_worker_reads_the_groups_again_only_after_another_import(
    migrated: Settings, release: GroupedRelease
) -> None:
    engine = async_engine(migrated.database)
    try:
        async with engine.connect() as connection:
            assert await read_pt_groups(connection) is NO_PT_GROUPS
        replace_terminology(migrated, "26.1", release.groups(), ReleaseContent())
        async with engine.connect() as connection:
            first = await read_pt_groups(connection)
            assert first.groups_of("90000003").ime
            assert await read_pt_groups(connection, first) is first
        replace_terminology(migrated, "26.1", replace(release, lists={}).groups(), ReleaseContent())
        async with engine.connect() as connection:
            second = await read_pt_groups(connection, first)
        assert not second.groups_of("90000003").ime
    finally:
        await engine.dispose()


async def test_each_kind_of_group_filters_effects(store: Store, imported: Settings) -> None:
    mentions = [mention_of(TEXT, word, pt=(code, word)) for word, code in CODES.items()]
    await write(store, [scored("1", f"{TEXT} tired", *mentions, mention_of(f"{TEXT} tired", "tired"))])
    expected = {
        (GroupKind.SOC, "nerves"): ["insomnia", "dizziness"],
        (GroupKind.SOC, "53"): ["insomnia"],
        (GroupKind.PRIMARY_SOC, "Mind"): None,
        (GroupKind.HLGT, "Group of Nausea symptoms"): ["nausea"],
        (GroupKind.HLT, "74"): ["dizziness"],
        (GroupKind.SMQ_NARROW, "Head"): ["insomnia"],
        (GroupKind.SMQ_BROAD, "HEAD"): ["insomnia", "dizziness"],
        (GroupKind.IME, "ime"): ["insomnia", "dizziness"],
        (GroupKind.DME, "dme"): ["dizziness"],
    }
    for (kind, name), spans in expected.items():
        if spans is None:
            with pytest.raises(UnknownGroupError):
                find(imported, kind, name)
        else:
            assert effects_in(imported, find(imported, kind, name)) == spans, (kind, name)
    both = find_groups(imported, [(GroupKind.SOC, "Nerves"), (GroupKind.DME, "dme")])
    assert effects_in(imported, *both) == ["dizziness"]


def test_a_name_that_is_almost_right_gets_close_matches(imported: Settings) -> None:
    with pytest.raises(UnknownGroupError, match="Nerves"):
        find(imported, GroupKind.SOC, "nervs")
    with pytest.raises(UnknownGroupError, match="Sleepless"):
        find(imported, GroupKind.SMQ_NARROW, "Sleeples")


def test_without_a_release_the_command_that_imports_one_is_named(migrated: Settings) -> None:
    with pytest.raises(UnknownGroupError, match="ade-monitor terminology import --release DIR --ime FILE"):
        find(migrated, GroupKind.IME, "ime")


def test_a_later_import_replaces_all_of_the_earlier_one(imported: Settings, release: GroupedRelease) -> None:
    rows = replace_terminology(imported, "27.0", replace(release, lists={}).groups(), ReleaseContent())
    terminology = imported_terminology(imported)
    assert terminology is not None
    assert (terminology.release, terminology.content.algorithms) == ("27.0", {})
    assert not load_pt_groups(imported).groups_of("90000003").ime
    assert rows["soc"] == 7


def test_an_import_that_fails_leaves_the_earlier_one(
    imported: Settings, release: GroupedRelease, tables: Tables
) -> None:
    before = tables.rows("SELECT * FROM pt_groups ORDER BY ptid, kind, code")

    def broken() -> Iterator[PtGroup]:
        yield from list(release.groups())[:5]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_terminology(imported, "27.0", broken(), ReleaseContent())
    assert tables.rows("SELECT * FROM pt_groups ORDER BY ptid, kind, code") == before
    assert [name for (name,) in tables.rows("SELECT release FROM terminology_releases")] == ["26.1"]


def test_readers_see_the_old_release_until_the_new_one_is_whole_and_a_second_import_waits(
    imported: Settings, release: GroupedRelease, tables: Tables
) -> None:
    half, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[PtGroup]:
        groups = list(release.groups())
        yield from groups[:5]
        half.set()
        assert go_on.wait(30)
        yield from groups[5:]

    sizes = "SELECT count(*) FROM pt_groups"
    before = tables.rows(sizes)
    first = threading.Thread(target=replace_terminology, args=(imported, "27.0", slow(), ReleaseContent()))
    second = threading.Thread(
        target=replace_terminology, args=(imported, "28.0", release.groups(), ReleaseContent())
    )
    first.start()
    assert half.wait(30)
    second.start()
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'terminology_releases'::regclass"
    )
    deadline = time.monotonic() + 30
    while tables.rows(waiting) == [(0,)] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert tables.rows("SELECT release FROM terminology_releases") == [("26.1",)]
    assert tables.rows(sizes) == before
    go_on.set()
    first.join(30)
    second.join(30)
    assert tables.rows("SELECT release FROM terminology_releases") == [("28.0",)]
    assert tables.rows(sizes) == before


def test_a_killed_import_leaves_the_earlier_one(
    imported: Settings, release: GroupedRelease, tables: Tables
) -> None:
    def killed() -> Iterator[PtGroup]:
        yield from list(release.groups())[:5]
        tables.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        yield from list(release.groups())[5:]

    with pytest.raises(RetryableError):
        replace_terminology(imported, "27.0", killed(), ReleaseContent())
    assert tables.rows("SELECT release FROM terminology_releases") == [("26.1",)]
