"""The filtered stream of the X API v2: one endless response with a post on each line.

X sends an empty line at least every 20 seconds. After a lost connection it can send up to five minutes again
(`backfill_minutes`) if the access level allows it. Everything else that was missed is reported as a gap.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from monitor.backoff import Backoff
from monitor.connect.contact_time import LIVE_AFTER, ContactTime
from monitor.connect.errors import ConnectError, ConnectionLostError, FailureKind
from monitor.connect.http_stream import (
    byte_lines,
    explain,
    explanation_of,
    network_failures,
    passing_failure,
)
from monitor.connect.live_source import Clock, Frame, Gap, Position, read_frame, utc_now
from monitor.connect.reconnecting import ReconnectRules
from monitor.ingest.snowflake import snowflake_time

if TYPE_CHECKING:
    import httpx

PATH: Final = "/2/tweets/search/stream"

SILENCE: Final = 25.0
"""Seconds without a byte after which a connection counts as lost: the 20 s of X, and some for the network."""

FIELDS: Final[Mapping[str, str]] = {
    "tweet.fields": "author_id,created_at,edit_history_tweet_ids,id,in_reply_to_user_id,lang,note_tweet,"
    "referenced_tweets,text,withheld",
    "expansions": "author_id,edit_history_tweet_ids,referenced_tweets.id,referenced_tweets.id.author_id",
    "user.fields": "id,protected,username,withheld",
}
"""What to send with each post: everything that the reader of `x-v2` uses."""

RULES: Final = ReconnectRules(
    network=Backoff(first=0.25, longest=16.0, factor=1.0, step=0.25),
    http=Backoff(first=5.0, longest=320.0),
    rate_limited=Backoff(first=60.0, longest=960.0),
    at_once=True,
)
"""The pauses that X asks for: https://docs.x.com/x-api/fundamentals/handling-disconnections."""


_PROBLEMS: Final = frozenset({"errors", "title"})


def refusal_of(status: int, explanation: str) -> ConnectError:
    """Return the error for an answer of X that no further attempt would change, with what to do about it."""
    reason = f" ({explanation})" if explanation else ""
    if status == 401:
        return ConnectError(
            f"X refused the bearer token{reason}",
            "set ADE_CONNECT__X_BEARER_TOKEN to the app-only bearer token of your app (developer portal, "
            "Keys and tokens)",
        )
    if status == 403:
        return ConnectError(
            f"X does not allow this app to use the filtered stream{reason}",
            "check the access level of its project in the developer portal",
        )
    if status == 409:
        return ConnectError(
            f"the filtered stream has no rules{reason}", "add them with --drugs FILE --sync-rules"
        )
    if "backfill" in explanation:
        return ConnectError(
            f"X refused the backfill{reason}",
            "set connect.x_backfill_minutes to 0: not every access level has it",
        )
    return ConnectError(f"X answered {status}{reason}", "check connect.x_url and the options")


@dataclass(frozen=True)
class XStream:
    """Connects to the filtered stream.

    Attributes:
        client: sends the bearer token, and gives up after `SILENCE`.
        url: address of the API.
        backfill_minutes: largest number of minutes that X delivers again, 0 to 5; 0 for none.
        clock: returns the current time.
        silence: seconds after which the client gives up, for the message.
        live_after: see `ContactTime`.
    """

    client: httpx.AsyncClient
    url: str
    backfill_minutes: int = 0
    clock: Clock = utc_now
    silence: float = SILENCE
    live_after: float = LIVE_AFTER
    name: str = "x"
    format_name: str = "x-v2"
    rules: ReconnectRules = RULES

    async def frames(self, position: Position | None) -> AsyncGenerator[Frame]:
        """Connect, and yield a frame for each line. See `LiveSource`."""
        minutes, gap = self._backfill(position)
        params = {**FIELDS, "backfill_minutes": str(minutes)} if minutes else dict(FIELDS)
        contact = ContactTime(position.at if position else self.clock(), self.clock, self.live_after)
        cursor = position.cursor if position else {}
        url = f"{self.url.rstrip('/')}{PATH}"
        with network_failures(url, self.silence):
            async with self.client.stream("GET", url, params=params) as response:
                if response.status_code != 200:
                    await _raise_failure(response)
                yield Frame(gap=gap)
                async for line in contact.watch(byte_lines(response)):
                    frame = read_frame(line) if line.strip() else Frame()
                    _raise_disconnect(frame.document)
                    post_id = _id_of(frame.document)
                    cursor = {"newest_id": post_id} if post_id else cursor
                    at = contact.move(snowflake_time(post_id) if post_id else None)
                    yield replace(frame, position=Position(cursor, at))

    def _backfill(self, position: Position | None) -> tuple[int, Gap | None]:
        """Return how many minutes to request again, and what they do not cover."""
        if position is None:
            return 0, None
        now = self.clock()
        missed = max(timedelta(0), now - position.at)
        minutes = min(self.backfill_minutes, math.ceil(missed / timedelta(minutes=1)))
        covered_since = now - timedelta(minutes=minutes)
        if covered_since <= position.at:
            return minutes, None
        return minutes, Gap(position.at, covered_since, "posts and edits that match the rules")


async def _raise_failure(response: httpx.Response) -> None:
    explanation = await explanation_of(response)
    failure = passing_failure(response.status_code, response.headers, explanation)
    if failure is not None:
        raise failure
    raise refusal_of(response.status_code, explanation)


def _raise_disconnect(document: Any) -> None:
    """Raise an error if X says in the stream that it ends the connection.

    A post may have `errors` too, for example about a referenced post that was deleted.
    """
    if not isinstance(document, Mapping) or "data" in document or document.keys().isdisjoint(_PROBLEMS):
        return
    explanation = explain(document)
    kind = FailureKind.HTTP if "TooManyConnections" in str(document) else FailureKind.NETWORK
    raise ConnectionLostError(f"X ended the connection ({explanation})", kind)


def _id_of(document: Any) -> str | None:
    data = document.get("data") if isinstance(document, Mapping) else None
    post_id = data.get("id") if isinstance(data, Mapping) else None
    return post_id if isinstance(post_id, str) else None
