"""Who may import, recode and read: as logins with one role each."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.terminology import GroupKind, read_grouped_release
from monitor.errors import FatalError
from monitor.recoding import recode_mentions, report_changes
from monitor.settings import Settings
from monitor.store import Filters, Store, find_effects
from monitor.store.coding_changes import has_newer_mentions, stored_codings
from monitor.store.effect_groups import load_pt_groups
from monitor.store.group_filters import find_groups
from monitor.store.roles import ADMIN, READER, WRITER
from monitor.store.terminology_import import ReleaseContent, imported_terminology, replace_terminology
from tests.monitor.recoding.test_recoded_texts import CODES, WordCoder
from tests.monitor.store.batches import mention_of, scored, write
from tests.monitor.store.logins import login
from tests.release import write_release


async def test_admins_import_and_recode_and_all_others_only_read(
    store: Store, migrated: Settings, tmp_path: Path
) -> None:
    release = read_grouped_release(write_release(tmp_path / "release", smqs=True))
    text = "so dizzy"
    await write(store, [scored("1", text, mention_of(text, "dizzy", pt=("90000001", "Nausea")))])
    with login(migrated, ADMIN) as admin:
        replace_terminology(admin, "26.1", release.groups(), ReleaseContent())
        assert recode_mentions(admin, WordCoder(CODES, release="26.1")).mentions == 1
        assert report_changes(admin, release).changed == 1
    for role in (WRITER, READER):
        with login(migrated, role) as settings:
            assert load_pt_groups(settings).groups_of("90000004").soc
            with pytest.raises(FatalError):
                replace_terminology(settings, "27.0", release.groups(), ReleaseContent())
            with pytest.raises(FatalError):
                recode_mentions(settings, WordCoder({}, release="27.0"))
    with login(migrated, READER) as settings:
        assert imported_terminology(settings) is not None
        assert stored_codings(settings) == ["26.1"]
        assert not has_newer_mentions(settings, "26.1")
        groups = find_groups(settings, [(GroupKind.SMQ_BROAD, "Head")])
        assert [e.span for e in find_effects(settings, Filters(groups=groups, coding="26.1"))] == ["dizzy"]
        assert list(find_effects(settings, Filters(groups=groups))) == []
    assert stored_codings(migrated) == ["26.1"]
    assert has_newer_mentions(migrated, "27.0")
