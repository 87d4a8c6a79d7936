"""What a release of MedDRA has above its PTs, and lists of important events."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import openpyxl

from models.terminology import Terminology, inspect_grouped_release, read_event_list, read_release
from tests.fuzz.containers import joined, scratch, scratch_file, write_folder, zipped
from tests.fuzz.file_targets import parts_of
from tests.fuzz.fuzz_target import FuzzTarget
from tests.release import write_levels, write_release


@cache
def seed_release() -> bytes:
    """Return the small release with all its files as one input."""
    folder = write_release(scratch() / "seed-release", smqs=True)
    write_levels(folder)
    return joined({path.name: path.read_bytes() for path in sorted(folder.iterdir())})


def without_hierarchy() -> bytes:
    return seed_release().replace(b"#@ mdhier.asc", b"#@ other.asc")


@cache
def small_terminology() -> Terminology:
    return read_release(write_release(scratch() / "list-release"))


def read_groups_of_folder(data: bytes) -> None:
    folder = scratch() / "grouped-release"
    write_folder(folder, data)
    inspection = inspect_grouped_release(folder)
    for group in inspection.release.groups():
        str(group.name)
    for fault in inspection.faults:
        str(fault)


def read_list(data: bytes) -> None:
    read_event_list(scratch_file(data, "events.txt"), small_terminology())


def workbook_of_events() -> bytes:
    book = openpyxl.Workbook()
    for row in (["Important events"], ["MedDRA Code", "PT Name"], [90000002, "Headache"], [1.5, None]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return parts_of(file.getvalue())


TERMINOLOGY_TARGETS: Final = [
    FuzzTarget(
        "terminology-groups",
        read_groups_of_folder,
        [seed_release(), without_hierarchy()],
        [
            b"$",
            b"$$$$\n",
            b"20000001$20000001$0$0$$$A$$$\n",
            b"\n#@ smq_list.asc\n",
            b"\n#@ smq_content.asc\n",
        ],
    ),
    FuzzTarget(
        "event-list",
        read_list,
        [
            b"90000002\n90000004\n",
            b'Code;"PT name"\r\n90000002;Headache\r\n',
            b"Headache\tNerves\nDizzy\tx\n",
        ],
        [b"90000002", b'"', b"\t", b"\xff\xfe", b"\0"],
    ),
    FuzzTarget(
        "event-workbook",
        read_list,
        [workbook_of_events()],
        [b"<c r='ZZZ9999999'><v>1</v></c>", b"<row>", b"</sheetData>", b"&lol;", b"90000002"],
        wrappers=[zipped],
        always_wrapped=True,
    ),
]
