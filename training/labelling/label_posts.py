"""Posts to a server and back: several requests at once, each answer checked, and each post settled.

A post ends in one of three ways. Its labels are written. Or it is rejected: the model gave no answer that can
be used, or the server refuses this post. Or the server does not answer: then the post stays open, and after a
few such posts in a row the run stops, since the server is probably down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from training.errors import RunError
from training.examples import Example
from training.labelling.chat_server import (
    ChatServer,
    Completion,
    NoAnswerError,
    RefusedPostError,
)
from training.labelling.label_prompt import LabelPrompt
from training.labelling.labelled_file import LabelledFile
from training.labelling.model_answers import PostLabels, TermNames, UnusableAnswerError, read_answer
from training.labelling.server_settings import ServerSettings

_UNANSWERED: Final = 3  # posts in a row without an answer, after which the server counts as down
_REFUSED: Final = 10  # posts that it may refuse before it answers one
_SHOWN: Final = 2_000  # characters of an answer that are sent back with its fault


@dataclass
class LabelCounts:
    """What a run did.

    Attributes:
        labelled: number of posts that were labelled.
        positive: number of those that report an adverse effect.
        spans: number of their spans.
        coded: number of coded spans.
        unknown_terms: number of terms that the terminology does not have.
        rejected: number of posts that could not be labelled.
        repeated: number of further requests after an answer that could not be used.
        tokens_in: of all requests, as the server counted them.
        tokens_out: of all answers.
    """

    labelled: int = 0
    positive: int = 0
    spans: int = 0
    coded: int = 0
    unknown_terms: int = 0
    rejected: int = 0
    repeated: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


def label_posts(
    examples: Iterable[Example],
    file: LabelledFile,
    settings: ServerSettings,
    prompt: LabelPrompt,
    *,
    terms: TermNames | None = None,
    concurrency: int = 4,
    tries: int = 3,
    advance: Callable[[int], None] = lambda posts: None,
    counts: LabelCounts | None = None,
) -> LabelCounts:
    """Have a model label all posts that `file` does not have yet.

    Args:
        examples: the posts, read one by one; their labels are ignored.
        file: open; receives the labels and the rejects.
        settings: of the server.
        prompt: that is sent.
        terms: to look up the terms that the model names.
        concurrency: largest number of requests at once.
        tries: how often a post is asked for, before it is rejected.
        advance: called with the number of further posts that are settled.
        counts: is kept up to date, also for a caller that stops the run.

    Raises:
        RunError: the server refuses all requests or does not answer, or a file cannot be written. What was
            answered before is in `file`.
        CorpusError: a post cannot be read.
    """
    work = _Labelling(file, prompt, terms, tries, advance, counts or LabelCounts())
    try:
        asyncio.run(work.run(file.missing(examples), settings, concurrency))
    except ExceptionGroup as group:
        raise _first_error(group) from None
    return work.counts


class _Labelling:
    """One run: its posts, its server and its counts."""

    def __init__(
        self,
        file: LabelledFile,
        prompt: LabelPrompt,
        terms: TermNames | None,
        tries: int,
        advance: Callable[[int], None],
        counts: LabelCounts,
    ) -> None:
        self.counts = counts
        self._file = file
        self._prompt = prompt
        self._terms = terms
        self._tries = tries
        self._advance = advance
        self._unanswered: list[tuple[Example, str]] = []

    async def run(self, posts: Iterator[Example], settings: ServerSettings, concurrency: int) -> None:
        """Label all posts; each of `concurrency` tasks takes the next one when it is free."""
        async with ChatServer(settings, self._prompt.schema()) as server:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(concurrency):
                    tasks.create_task(self._take_posts(posts, server))
            if self._unanswered and not server.answers:
                self._raise_down(settings)
            self._settle_unanswered()

    async def _take_posts(self, posts: Iterator[Example], server: ChatServer) -> None:
        for example in posts:
            try:
                labels = await self._ask(example, server)
            except (NoAnswerError, RefusedPostError) as error:
                self._unanswered.append((example, str(error)))
                is_refused = isinstance(error, RefusedPostError)
                if is_refused and server.answers:
                    self._settle_unanswered()
                elif len(self._unanswered) >= (_REFUSED if is_refused else _UNANSWERED):
                    self._raise_down(server.settings)
            except UnusableAnswerError as fault:
                self._reject(example, str(fault))
            else:
                self._write(example, labels)

    async def _ask(self, example: Example, server: ChatServer) -> PostLabels:
        """Request labels until an answer can be used.

        Raises:
            UnusableAnswerError: none can; the message is the fault of the last one.
            RefusedPostError: the server refuses this post.
            NoAnswerError: the server does not answer.
        """
        first = messages = self._prompt.messages(example)
        for number in range(1, self._tries + 1):
            completion = await server.complete(messages)
            self.counts.tokens_in += completion.tokens_in
            self.counts.tokens_out += completion.tokens_out
            self._settle_unanswered()
            try:
                return self._read(completion, example)
            except UnusableAnswerError as fault:
                if number == self._tries:
                    raise
                self.counts.repeated += 1
                messages = self._prompt.again(first, completion.content[:_SHOWN], str(fault))
        raise AssertionError("there is at least one try")

    def _read(self, completion: Completion, example: Example) -> PostLabels:
        if completion.is_cut:
            raise UnusableAnswerError("it is too long and was cut off")
        if not completion.content.strip():
            raise UnusableAnswerError("it is empty")
        return read_answer(completion.content, example.text, self._terms)

    def _write(self, example: Example, labels: PostLabels) -> None:
        self._file.add(replace(example, label=labels.label, spans=labels.spans))
        counts = self.counts
        counts.labelled += 1
        counts.positive += labels.label
        counts.spans += len(labels.spans)
        counts.coded += sum(span.ptid is not None for span in labels.spans)
        counts.unknown_terms += labels.unknown_terms
        self._advance(1)

    def _reject(self, example: Example, reason: str) -> None:
        self._file.reject(example, reason)
        self.counts.rejected += 1
        self._advance(1)

    def _settle_unanswered(self) -> None:
        """Reject the posts without an answer, once the server has answered another one."""
        while self._unanswered:
            self._reject(*self._unanswered.pop())

    def _raise_down(self, settings: ServerSettings) -> None:
        reason = self._unanswered[-1][1]
        raise RunError(
            f"{settings.host} does not answer ({reason}): start the server, or correct --endpoint or "
            "--model; the same command continues"
        )


def _first_error(group: ExceptionGroup[Exception]) -> Exception:
    error = group.exceptions[0]
    return _first_error(error) if isinstance(error, ExceptionGroup) else error
