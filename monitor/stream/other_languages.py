"""The stage that skips posts in other languages: a model that never saw a language does not score it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from monitor.enrich import LanguageFilter
from monitor.ingest import Batch
from monitor.records import ReceivedPost
from monitor.stream.served_bundle import CurrentBundle


class SkipOtherLanguages:
    """Sorts the posts of each batch by their language, in a thread of its own.

    This is the first stage that depends on the bundle. So it gives the batch its scorer, and sorts by the
    languages of that one.

    Args:
        current: the bundle that scores now.
    """

    at_once = 1

    def __init__(self, current: CurrentBundle) -> None:
        self._current = current
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="language")

    async def process(self, batch: Batch) -> Batch:
        """Move posts in other languages to `skipped`. Posts without a language get the detected one."""
        served = self._current.now
        batch = replace(batch, scorer=served.scorer)
        if not batch.posts:
            return batch
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, _sort, batch, served.language_filter
        )

    def close(self) -> None:
        """Wait for the batch in work, and end the thread."""
        self._thread.shutdown(cancel_futures=True)


def _sort(batch: Batch, language_filter: LanguageFilter) -> Batch:
    posts: list[ReceivedPost] = []
    skipped: list[ReceivedPost] = []
    for received in batch.posts:
        post, language = language_filter.sort_post(received.post)
        if language is None:
            posts.append(replace(received, post=post))
        else:
            skipped.append(replace(received, post=replace(post, lang=language)))
    return replace(batch, posts=tuple(posts), skipped=tuple(skipped))
