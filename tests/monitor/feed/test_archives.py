"""Archives are read member by member, and damage of one does not hide the others."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.feed import archives, unpacked_stream
from monitor.feed.unpacking import zipfile as newer
from tests.monitor.feed.packed_files import DATA, contents, tar_of, zip_of

ZSTD_ZIP = 93


def test_each_member_of_an_archive_is_a_source(tmp_path: Path) -> None:
    members = {"in/b.csv.gz": gzip.compress(b"id,text\n"), "a.jsonl": DATA, "x.png": b"png"}
    (tmp_path / "a.zip").write_bytes(zip_of(members))
    (tmp_path / "a.tgz").write_bytes(gzip.compress(tar_of(members)))
    expected = {"a.jsonl": DATA, "in/b.csv.gz": b"id,text\n"}
    assert contents(tmp_path / "a.zip") == contents(tmp_path / "a.tgz") == expected


def test_archives_may_be_in_archives(tmp_path: Path) -> None:
    inner = zip_of({"t.jsonl.gz": gzip.compress(DATA)})
    (tmp_path / "a.tar").write_bytes(tar_of({"in.zip": inner}))
    assert contents(tmp_path / "a.tar") == {"in.zip/t.jsonl.gz": DATA}
    (tmp_path / "b.tar").write_bytes(tar_of({"in.zip": zip_of({"x.zip": zip_of({"y.zip": inner})})}))
    [error] = contents(tmp_path / "b.tar").values()
    assert "4 times" in str(error)


def test_a_zip_file_may_use_other_methods(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        (tmp_path / "a.zip").write_bytes(zip_of({"t": DATA}, method))
        assert contents(tmp_path / "a.zip") == {"t": DATA}
    with newer.ZipFile(tmp_path / "a.zip", "w", ZSTD_ZIP) as archive:
        archive.writestr("t", DATA)
    assert contents(tmp_path / "a.zip") == {"t": DATA}


def test_a_workbook_is_not_unpacked(tmp_path: Path) -> None:
    workbook = zip_of({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    for packed in (workbook, gzip.compress(workbook), zip_of({"in.xlsx": workbook})):
        (tmp_path / "t").write_bytes(packed)
        assert list(contents(tmp_path / "t").values()) == [workbook]


@pytest.mark.parametrize("cut", [20, 5_000])
def test_a_cut_archive_is_an_error_that_names_it(tmp_path: Path, cut: int) -> None:
    data = zip_of({f"{number}.jsonl": os.urandom(10_000) for number in range(3)})
    (tmp_path / "a.zip").write_bytes(data[:-cut])
    [error] = contents(tmp_path / "a.zip").values()
    assert "a.zip is damaged or cut off" in str(error)


def test_a_damaged_member_does_not_stop_the_others(tmp_path: Path) -> None:
    data = bytearray(zip_of({"1": b"x" * 1_000, "2": DATA}, zipfile.ZIP_STORED))
    data[data.index(b"xxx") + 10] = 0
    (tmp_path / "a.zip").write_bytes(data)
    error, second = contents(tmp_path / "a.zip").values()
    assert "damaged" in str(error)
    assert second == DATA


def test_a_cut_tar_archive_keeps_its_first_members(tmp_path: Path) -> None:
    data = tar_of({"1": DATA, "2": DATA})
    (tmp_path / "a.tar").write_bytes(data[: len(DATA) + 1_500])
    first, *others = contents(tmp_path / "a.tar").values()
    assert first == DATA
    assert "damaged or cut off" in str(others[-1])


def test_an_encrypted_member_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zip_of({"1": DATA, "2": DATA}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    error, second = contents(tmp_path / "a.zip").values()
    assert "password" in str(error)
    assert second == DATA


def test_a_zip_file_with_a_wrong_position_of_a_member_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zip_of({"1": DATA, "2": DATA}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 42 : entry + 46] = b"\xf0\xff\xff\xff"
    (tmp_path / "a.zip").write_bytes(data)
    assert all("a.zip" in str(error) for error in contents(tmp_path / "a.zip").values() if error != DATA)


@pytest.mark.parametrize("members", [{}, {"x.png": b"png"}])
def test_an_archive_without_data_is_an_error(tmp_path: Path, members: dict[str, bytes]) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of(members))
    [error] = contents(tmp_path / "a.zip").values()
    assert "no file to read" in str(error)


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_an_archive_with_too_many_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    (tmp_path / "a").write_bytes(pack({f"{n}.csv": b"" for n in range(4)}))
    assert "more than 3 members" in str([*contents(tmp_path / "a").values()][-1])


def test_a_bomb_in_a_zip_file_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacked_stream, "MIN_CHECKED", 1_000_000)
    (tmp_path / "a.zip").write_bytes(zip_of({"t.jsonl": DATA * 100, "u.jsonl": DATA}, zipfile.ZIP_BZIP2))
    error, other = contents(tmp_path / "a.zip").values()
    assert "a.zip/t.jsonl looks like a decompression bomb" in str(error)
    assert other == DATA
