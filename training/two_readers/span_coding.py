"""The spans that each choice of words finds in texts that both readers read, with their codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from models.bundle import SpanChoice
from models.normalizer import Normalizer, SpanInText
from models.scoring import ExtractedSpan, combine_words, decode_spans
from training.scorer import OfficialSpan
from training.two_readers.kinds_of_text import Kind

SPAN_CHOICES: Final[tuple[SpanChoice, ...]] = get_args(SpanChoice)

Place = tuple[str, int]
"""The name of a kind, and the index of a text in it."""


@dataclass(frozen=True)
class FoundSpans:
    """The spans of all texts that both readers read.

    Attributes:
        by_choice: for each choice of words the spans of each text.
        texts: the text of each place.
    """

    by_choice: dict[SpanChoice, dict[Place, list[ExtractedSpan]]]
    texts: dict[Place, str]

    @classmethod
    def of(cls, kinds: Sequence[Kind]) -> FoundSpans:
        """Find the spans of each choice in all texts that both readers have read."""
        texts = {(kind.name, row): kind.examples[row].text for kind in kinds for row in kind.second}
        by_name = {kind.name: kind for kind in kinds}

        def spans_at(place: Place, how: SpanChoice) -> list[ExtractedSpan]:
            name, row = place
            first, second = by_name[name].first[row], by_name[name].second[row]
            return decode_spans(texts[place], combine_words(first.words or (), second.words or (), how))

        return cls({how: {place: spans_at(place, how) for place in texts} for how in SPAN_CHOICES}, texts)

    def code(self, normalizer: Normalizer, threshold: float) -> CodedSpans:
        """Code all spans; a span that several choices find is coded once.

        Args:
            normalizer: codes them.
            threshold: the probability from which a span gets a code.
        """
        distinct = list(
            dict.fromkeys(
                self.in_text(place, span)
                for by_place in self.by_choice.values()
                for place, spans in by_place.items()
                for span in spans
            )
        )
        codes: dict[SpanInText, str | None] = {}
        for span, candidates in zip(distinct, normalizer.rank(distinct), strict=True):
            best = candidates[0] if candidates and candidates[0].score >= threshold else None
            codes[span] = best.ptid if best else None
        return CodedSpans(self, codes)

    def in_text(self, place: Place, span: ExtractedSpan) -> SpanInText:
        """Return a span of a text for a Normalizer."""
        text = self.texts[place]
        return SpanInText(text[span.start : span.end], text)


@dataclass(frozen=True)
class CodedSpans:
    """Spans with the codes of one Normalizer."""

    spans_of_choices: FoundSpans
    codes: dict[SpanInText, str | None]

    def at(self, place: Place, how: SpanChoice, *, drop_uncoded: bool) -> tuple[OfficialSpan, ...]:
        """Return the spans of a text for the scorer; none where the second reader did not read."""
        spans = self.spans_of_choices.by_choice[how].get(place, ())
        coded: Iterable[OfficialSpan] = (
            OfficialSpan(span.start, span.end, self.codes[self.spans_of_choices.in_text(place, span)])
            for span in spans
        )
        return tuple(span for span in coded if span.code is not None or not drop_uncoded)
