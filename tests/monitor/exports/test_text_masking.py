"""What masking hides, what it leaves, and that spans fit the masked text, whatever the text is."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from monitor.exports.text_masking import mask

PIECES = st.sampled_from(
    [
        "@bob_1",
        "＠ユーザー",
        "@ann@example.social",
        "a.b+c@example.co.uk",
        "+44 20 7946 0958",
        "(555) 123-4567",
        "https://x.com/bob/status/1",
        "u/redditor",
        "💊",
        "shaky",
        "é",
        " ",
        "\n",
        "@",
        "/",
        "1",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("@bob thanks, @Ann_2!", "[handle] thanks, [handle]!"),
        ("ask @ann@example.social.", "ask [handle]."),
        ("write to a.b+c@example.co.uk now", "write to [email] now"),
        ("call +44 20 7946 0958 or (555) 123-4567", "call [phone] or [phone]"),
        ("call 07700 900123, 555.123.4567", "call [phone], [phone]"),
        ("https://twitter.com/bob/status/19?s=20", "https://twitter.com/[handle]/status/19?s=20"),
        ("www.x.com/bob", "www.x.com/[handle]"),
        ("https://bsky.app/profile/ann.bsky.social/post/3k", "https://bsky.app/profile/[handle]/post/3k"),
        ("ann.bsky.social says", "[handle] says"),
        ("https://mastodon.social/@ann/109", "https://mastodon.social/[handle]/109"),
        ("https://www.reddit.com/user/Foo-Bar/", "https://www.reddit.com/user/[handle]/"),
        ("as u/foo wrote", "as u/[handle] wrote"),
        ("https://www.tiktok.com/@x.y/video/1", "https://www.tiktok.com/[handle]/video/1"),
        ("用户 @用户", "用户 [handle]"),
    ],
)
def test_what_leads_to_a_person_is_masked(text: str, masked: str) -> None:
    assert mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "took 20 mg at 2026-03-14 09:26, then 100-200 mg; 1.5 mg, 3.14159265358",
        "took 20 40 60 80 100 mg on days 1 2 3 4 5 6 7 8 9",
        "https://www.reddit.com/r/AskDocs/comments/abc and https://nhs.uk/medicines",
        "https://x.com/i/status/1 https://x.com/search?q=zoloft https://netflix.com/title",
        "tweet 1234567890123456789 @ home, w/ and/or",
    ],
)
def test_doses_dates_ids_and_other_addresses_stay(text: str) -> None:
    assert mask(text).text == text


@profile(max_examples=60, deadline=None)
@given(TEXTS, st.data())
def test_spans_have_the_same_words_in_the_masked_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    end = data.draw(st.integers(min(start + 1, len(text)), len(text)))
    masked = mask(text)
    new_start, new_end = masked.span(start, end)
    assert 0 <= new_start <= new_end <= len(masked.text)
    touched = [i for i in range(len(masked.starts)) if masked.starts[i] < end and start < masked.ends[i]]
    if not touched:
        assert masked.text[new_start:new_end] == text[start:end]
        return
    first, last = touched[0], touched[-1]
    assert masked.text[new_start:new_end].startswith(text[start : masked.starts[first]])
    assert masked.text[new_start:new_end].endswith(text[masked.ends[last] : end])
    assert new_start <= masked.new_starts[first]
    assert masked.new_ends[last] <= new_end


@profile(max_examples=60, deadline=None)
@given(TEXTS)
@example("@@bob u/u/a")
def test_no_handle_stays_and_all_other_text_does(text: str) -> None:
    masked = mask(text)
    assert not re.search(r"[@＠]\w", masked.text)
    kept, position = [], 0
    for start, end in zip(masked.starts, masked.ends, strict=True):
        kept.append(text[position:start])
        position = end
    kept.append(text[position:])
    shown, position = [], 0
    for start, end in zip(masked.new_starts, masked.new_ends, strict=True):
        shown.append(masked.text[position:start])
        assert masked.text[start:end] in {"[handle]", "[email]", "[phone]"}
        position = end
    shown.append(masked.text[position:])
    assert shown == kept


def test_a_long_hostile_text_takes_no_time() -> None:
    for text in (
        "@" * 40_000,
        "a" * 40_000 + "@",
        "1 " * 20_000,
        "x.com/" * 7_000,
        "a-" * 20_000,
        "(0" * 20_000,
    ):
        mask(text)
