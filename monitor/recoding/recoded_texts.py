"""Code the words of stored mentions by another release, each distinct text once.

Every page is committed by itself. So a run may be interrupted at any moment, and the next one goes on with
what is left; a run with nothing left changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.normalizer import SpanInText
from models.predictions import Candidate
from monitor.settings import Settings
from monitor.store.audit import AuditEntry, record_audit
from monitor.store.recoded_mentions import NewCode, PendingText, recoding


class SpanCoder(Protocol):
    """What codes spans, such as `models.scoring.ReleaseCoder`."""

    @property
    def version(self) -> str:
        """Version of the bundle."""
        ...

    @property
    def release(self) -> str:
        """Version of the release whose codes it returns."""
        ...

    @property
    def reads_text(self) -> bool:
        """True if the text around a span matters for its code."""
        ...

    def code(self, spans: Sequence[SpanInText]) -> list[Candidate | None]:
        """Return the code of each span, in order."""
        ...


@dataclass(frozen=True, slots=True)
class RecodedCounts:
    """What a run did.

    Attributes:
        texts: distinct texts that were coded.
        mentions: mentions that got a code of the release, or the note that they have none.
    """

    texts: int
    mentions: int


def recode_mentions(
    settings: Settings,
    coder: SpanCoder,
    *,
    begin: Callable[[int, int], None] = lambda texts, mentions: None,
    advance: Callable[[int], None] = lambda texts: None,
) -> RecodedCounts:
    """Code all mentions that have no code by this release and this bundle yet.

    Args:
        settings: of the database.
        coder: codes spans.
        begin: called once with the numbers of texts and of mentions that are to be coded.
        advance: called after each page with its number of texts; they are committed then.

    Raises:
        RetryableError: the database is away; what was committed stays.
        FatalError: another run is active, the login may not write, or the database was not migrated.
    """
    texts = mentions = 0
    with recoding(settings, coder.release, coder.version, with_texts=coder.reads_text) as session:
        begin(session.texts, session.mentions)
        if session.mentions:
            # Before the first page, because a run that is interrupted has changed something, too.
            details = {"bundle": coder.version, "texts": session.texts, "mentions": session.mentions}
            record_audit(settings, AuditEntry("recode", coder.release, details=details))
        for page in session.pages():
            mentions += session.store(_code_page(coder, page), settings)
            texts += len(page)
            advance(len(page))
    return RecodedCounts(texts, mentions)


def _code_page(coder: SpanCoder, page: Sequence[PendingText]) -> list[NewCode]:
    spans = [SpanInText(text.span, text.span if text.text is None else text.text) for text in page]
    return [
        NewCode(text.number)
        if code is None
        else NewCode(text.number, code.ptid, code.pt_name, min(max(code.score, 0.0), 1.0))
        for text, code in zip(page, coder.code(spans), strict=True)
    ]
