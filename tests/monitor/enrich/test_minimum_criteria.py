"""Which minimum criteria of a valid report a post lacks."""

from __future__ import annotations

import pytest

from monitor.enrich.facts import read_facts
from monitor.enrich.minimum_criteria import missing_criteria
from monitor.records import Post


def missing(
    text: str, author_id: str | None = "7", *, has_drug: bool = True, has_effect: bool = True
) -> tuple[str, ...]:
    post = Post("1", text, author_id=author_id)
    return missing_criteria(post, has_drug=has_drug, has_effect=has_effect, facts=read_facts(text))


def test_a_post_may_lack_nothing() -> None:
    assert missing("zoloft gave me hives") == ()


def test_a_text_that_states_nobody_lacks_the_patient() -> None:
    assert missing("zoloft: hives, insomnia") == ("patient",)


@pytest.mark.parametrize("author_id", [None, ""])
def test_without_an_account_the_reporter_is_missing(author_id: str | None) -> None:
    assert missing("zoloft gave me hives", author_id) == ("reporter",)


def test_all_four_criteria_may_be_missing_and_have_an_order() -> None:
    assert missing("hm", None, has_drug=False, has_effect=False) == (
        "reporter",
        "patient",
        "product",
        "event",
    )
    assert missing("I am fine", has_drug=False) == ("product",)
    assert missing("I am fine", has_effect=False) == ("event",)
