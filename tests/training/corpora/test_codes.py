from __future__ import annotations

from pathlib import Path

import pytest

from models.terminology import Llt, Terminology
from training.corpora.codes import lift_codes
from training.corpora.reading import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

NAMES = Terminology({"1": "Rash", "2": "Itch"}, (Llt("3", "Red skin", "1"),))
SOURCE = Path("corpus")


def lifted(span: AnnotatedSpan, log: ReadingLog | None = None) -> AnnotatedSpan:
    [example] = lift_codes([Example("a", "text", 1, (span,))], NAMES, SOURCE, log or ReadingLog(strict=True))
    return example.spans[0]


@pytest.mark.parametrize(
    ("annotated", "expected"),
    [
        (AnnotatedSpan(0, 4, "1"), AnnotatedSpan(0, 4, "1", "Rash")),
        (AnnotatedSpan(0, 4, "3"), AnnotatedSpan(0, 4, "1", "Rash", "3")),
        (AnnotatedSpan(0, 4, None, None, "3"), AnnotatedSpan(0, 4, "1", "Rash", "3")),
        (AnnotatedSpan(0, 4, "2", "itching", "3"), AnnotatedSpan(0, 4, "2", "Itch", "3")),
        (AnnotatedSpan(0, 4, "9", None, "3"), AnnotatedSpan(0, 4, "1", "Rash", "3")),
        (AnnotatedSpan(0, 4), AnnotatedSpan(0, 4)),
    ],
)
def test_codes_of_both_levels_become_pts(annotated: AnnotatedSpan, expected: AnnotatedSpan) -> None:
    assert lifted(annotated) == expected


def test_an_unknown_code_leaves_the_span_without(tmp_path: Path) -> None:
    log = ReadingLog()
    assert lifted(AnnotatedSpan(0, 4, "9"), log) == AnnotatedSpan(0, 4)
    assert log.dropped == {"unknown code": 1}


def test_an_unknown_code_is_an_error_where_the_log_is_strict() -> None:
    with pytest.raises(CorpusError, match="9 of 'text' in a"):
        lifted(AnnotatedSpan(0, 4, "9"))
