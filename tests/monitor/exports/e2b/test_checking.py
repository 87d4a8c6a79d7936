"""The check of E2B(R3) files: it passes what a regulator shows, and names each element that is damaged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from monitor.exports.e2b import safe_xml
from monitor.exports.e2b.checking import E2bCheck
from monitor.exports.e2b.errors import E2bError
from tests.monitor.exports.e2b.damages import OF_AN_EXAMPLE, OF_OUR_OWN, Damage, replace
from tests.monitor.exports.e2b.reports import batch_of, findings_of, rejected, report

EXAMPLES: Final = sorted((Path(__file__).parents[5] / "shared" / "e2b").glob("*.xml"))
needs_examples = pytest.mark.skipif(not EXAMPLES, reason="shared/e2b is not on this machine")


@needs_examples
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_of_a_regulator_pass(example: Path) -> None:
    check = E2bCheck(example)
    assert rejected(check.findings()) == []
    assert check.messages == 1


@needs_examples
@pytest.mark.parametrize("name", OF_AN_EXAMPLE)
def test_damaged_copies_are_rejected_at_the_element(name: str, tmp_path: Path) -> None:
    element, damage = OF_AN_EXAMPLE[name]
    damaged = damage(EXAMPLES[0].read_text(encoding="utf-8"))
    findings = findings_of(damaged.encode(), tmp_path)
    assert element in rejected(findings)
    [finding, *_] = [each for each in findings if each.element == element]
    assert finding.advice and finding.line > 0 and finding.path.startswith("/MCCI_IN200100UV01")


def written(edit: Damage) -> bytes:
    return edit(batch_of(report(), report("second"), report("third")).decode()).encode()


@pytest.mark.parametrize("name", OF_OUR_OWN)
def test_damaged_messages_of_our_own_are_rejected(name: str, tmp_path: Path) -> None:
    element, damage = OF_OUR_OWN[name]
    assert element in rejected(findings_of(written(damage), tmp_path))


def test_findings_have_the_line_and_the_message_of_their_place(tmp_path: Path) -> None:
    content = written(replace('code="10044565"', 'code="tremor"', 9))
    findings = [each for each in findings_of(content, tmp_path) if each.element == "E.i.2.1b"]
    assert [re.search(r"PORR_IN049016UV\[(\d)\]", each.path)[1] for each in findings] == ["1", "2", "3"]  # type: ignore[index]
    lines = content.decode().splitlines()
    assert all('code="tremor"' in lines[each.line - 1] for each in findings)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a",
        b"<a/>",
        b'<MCCI_IN200100UV01 xmlns="urn:other"/>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY b "cccccccccc"><!ENTITY d "' + b"&b;" * 1000 + b'">]><a>&d;</a>',
        b"\xff\xfe\x00",
    ],
    ids=["empty", "cut", "other root", "other namespace", "external entity", "many entities", "no text"],
)
def test_files_without_a_batch_are_rejected(content: bytes, tmp_path: Path) -> None:
    assert rejected(findings_of(content, tmp_path)) == ["XML"]


def test_a_doctype_in_front_of_a_batch_is_rejected(tmp_path: Path) -> None:
    content = batch_of(report()).replace(b"<MCCI", b'<!DOCTYPE a [<!ENTITY b "c">]><MCCI', 1)
    assert rejected(findings_of(content, tmp_path)) == ["XML"]


def test_cut_batches_are_rejected(tmp_path: Path) -> None:
    content = batch_of(report(), report("second"))
    assert rejected(findings_of(content[:-900], tmp_path)) == ["XML"]


def test_messages_that_would_fill_the_memory_are_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = batch_of(*(report(str(number)) for number in range(20)))
    monkeypatch.setattr(safe_xml, "LARGEST_MESSAGE", 100_000)
    assert rejected(findings_of(content, tmp_path)) == []
    big = batch_of(report(), report("second")).replace(b"day 3 on", b"day 3 on" * 50_000)
    assert rejected(findings_of(big, tmp_path)) == ["XML"]


def test_missing_files_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(E2bError, match="nothing"):
        list(E2bCheck(tmp_path / "nothing.xml").findings())
