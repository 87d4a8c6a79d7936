from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.mentions import AnnotatedMention
from training.corpora.passages import cut_document, split_passages
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

ANN = Path("post.ann")
# Longer than a tweet, so that posts with it are cut.
FILLER = "I have been on it since the spring and my doctor tells me to go on with it for now. " * 4


def _cut(text: str, *mentions: AnnotatedMention, log: ReadingLog | None = None) -> list[Example]:
    return cut_document("post", text, mentions, ANN, log or ReadingLog())


def _texts(text: str) -> list[str]:
    return [text[start:end] for start, end in split_passages(text)]


def _mention(text: str, words: str) -> AnnotatedMention:
    return AnnotatedMention(((text.index(words), text.index(words) + len(words)),), words)


def test_a_document_of_the_size_of_a_tweet_stays_whole() -> None:
    assert _texts("  Took it. Felt sick!\nNever again.\n") == ["Took it. Felt sick!\nNever again."]


def test_a_longer_document_is_cut_at_line_ends_and_sentence_ends() -> None:
    post = f"Bad rash\non arms.It itched! (A lot.) then it went\r\n{FILLER}"
    assert _texts(post)[:4] == ["Bad rash", "on arms.It itched!", "(A lot.)", "then it went"]


@pytest.mark.parametrize(
    "continuation", ["Dr. Hill said so", "5.5 mg of it", "i.e. the pills", "well... nothing", "J. Doe"]
)
def test_dots_within_a_sentence_do_not_cut_it(continuation: str) -> None:
    assert _texts(f"{FILLER}{continuation}")[-1] == continuation


def test_passages_without_letter_or_digit_are_left_out() -> None:
    assert "***" not in _texts(f"one\n***\n{FILLER}")


def test_spans_move_with_their_passage() -> None:
    post = f"{FILLER}My hands shake. All fine else."
    examples = _cut(
        post, AnnotatedMention(_mention(post, "hands shake").parts, "hands shake", 1, "1", "Tremor", "2")
    )
    positive = [example for example in examples if example.label]
    assert positive == [
        Example(
            f"post:{len(examples) - 2}",
            "My hands shake.",
            1,
            (AnnotatedSpan(3, 14, "1", "Tremor", "2"),),
            "post",
        )
    ]


def test_every_passage_has_a_unique_id_and_its_document() -> None:
    examples = _cut(FILLER)
    assert len({example.id for example in examples}) == len(examples) == 4
    assert {example.document for example in examples} == {"post"}


def test_a_discontinuous_mention_becomes_the_range_that_covers_it() -> None:
    text, log = "my legs and arms ache", ReadingLog()
    (example,) = _cut(text, AnnotatedMention(((3, 7), (17, 21)), "legs ache"), log=log)
    assert example.spans == (AnnotatedSpan(3, 21),)
    assert log.noted["discontinuous span, covered by one range"] == 1


def test_pieces_with_only_white_space_between_them_are_not_discontinuous() -> None:
    log = ReadingLog()
    (example,) = _cut("a stiff\n  neck", AnnotatedMention(((2, 7), (10, 14)), "stiff neck"), log=log)
    assert example.spans == (AnnotatedSpan(2, 14),)
    assert not log.noted


def test_passages_are_joined_if_a_span_crosses_the_cut() -> None:
    log = ReadingLog()
    post = f"{FILLER}So dizzy. And sick. Else fine."
    examples = _cut(post, _mention(post, "dizzy. And sick"), log=log)
    assert [example.text for example in examples][-2:] == ["So dizzy. And sick.", "Else fine."]
    assert sum(log.noted.values()) == 1


def test_a_misplaced_mention_is_dropped_with_the_passage_that_it_overlaps() -> None:
    log = ReadingLog()
    post = f"{FILLER}I feel sick. Else fine."
    start = post.index("feel sick")
    examples = _cut(post, AnnotatedMention(((start, start + 5),), "rash", 7), log=log)
    assert [example.text for example in examples if "sick" in example.text or "fine" in example.text] == [
        "Else fine."
    ]
    assert {example.label for example in examples} == {0}
    assert log.dropped["offset mismatch"] == 1
    assert log.places["offset mismatch"][0].line == 7


def test_a_document_of_one_passage_stays_positive_without_its_misplaced_mention() -> None:
    (example,) = _cut("I feel sick", AnnotatedMention(((2, 6),), "rash"))
    assert (example.label, example.spans) == (1, ())


def test_a_document_of_one_passage_is_positive_only_with_a_mention() -> None:
    assert [example.label for example in _cut("I feel sick")] == [0]
    assert [example.label for example in _cut("I feel sick", _mention("I feel sick", "sick"))] == [1]


def test_a_passage_that_a_misplaced_mention_only_touches_stays() -> None:
    post = f"{FILLER}I feel sick.\nElse fine."
    end = post.index("\n")
    examples = _cut(post, AnnotatedMention(((end - 5, end + 1),), "rash"))
    assert examples[-1].text == "Else fine."


@pytest.mark.parametrize("parts", [((5, 99),), ((5, 5),), ((-3, 2),)])
def test_a_mention_outside_the_text_is_dropped(parts: tuple[tuple[int, int], ...]) -> None:
    log = ReadingLog()
    _cut("I feel sick", AnnotatedMention(parts, None), log=log)
    assert log.dropped["offset mismatch"] == 1


def test_a_strict_log_reports_file_and_line_of_a_mention_at_fault() -> None:
    with pytest.raises(CorpusError, match=r"post\.ann, line 3"):
        _cut("I feel sick", AnnotatedMention(((0, 4),), "sick", 3), log=ReadingLog(strict=True))


def test_line_ends_and_tabs_become_blanks_without_moving_spans() -> None:
    (example,) = _cut("so\tsick\r\nall day", AnnotatedMention(((3, 7),), "sick"))
    assert example.text == "so sick  all day"
    assert example.text[3:7] == "sick"


@given(
    st.text(alphabet="ab .!?\n\r\t\u2028é1…", max_size=700),
    st.lists(st.tuples(st.integers(0, 700), st.integers(1, 60)), max_size=6),
)
def test_in_any_document_spans_keep_their_words_and_passages_their_order(
    text: str, places: list[tuple[int, int]]
) -> None:
    mentions = [
        AnnotatedMention(((start, start + size),), text[start : start + size])
        for start, size in places
        if start + size <= len(text) and text[start : start + size].strip()
    ]
    log = ReadingLog()
    examples = _cut(text, *mentions, log=log)
    assert not log.dropped
    covered = sorted(
        example.text[span.start : span.end].split() for example in examples for span in example.spans
    )
    placed = {(m.end - len(m.words.lstrip()), m.words.strip()) for m in mentions if m.words}
    assert covered == sorted(words.split() for _, words in placed)
    whole = "".join(text.split())
    at = 0
    for example in examples:
        words = "".join(example.text.split())
        at = whole.index(words, at) + len(words)
