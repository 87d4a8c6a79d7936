"""Which posts are copies of earlier ones. All workers share what they know in `copy_keys`.

A first post claims its keys: that of its id, by which reposts find it, that of its words, and those of their
parts. A key has one owner. If two workers claim the same key at the same time, one of them waits until the
other has committed, and then sees that it came later. So a text has exactly one first post.

The keys of parts only lead to posts whose words may be similar. The texts themselves decide, with their drugs
and their effects (`monitor.enrich.copies.similarity`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Mention
from monitor import metrics
from monitor.effect_reports import CopyKind, CopyOf, effect_of
from monitor.enrich.copies import Account, is_part_key, named_drugs, normalize, reference_key
from monitor.records import ScoredPost
from monitor.store import copy_statements as sql
from monitor.store.first_posts import CopyCandidate, KnownFirsts

KEYS_AT_ONCE: Final = 5_000
"""Number of keys that one transaction of the job removes."""


async def find_copies(
    connection: AsyncConnection, rows: Sequence[ScoredPost], *, window_days: int
) -> Mapping[str, CopyOf]:
    """Return the first post of each post that is a copy, by the id of the copy, and store both.

    A post that was first stays first when it is edited. The cost is one statement to look keys up, one for
    the keys of first posts, and one for copies; each only if there are any.

    Args:
        connection: in the transaction of the batch, which has inserted the posts and their predictions, but
            not their mentions and drugs.
        rows: positive posts, each id once.
        window_days: number of days after which a text counts as a first one again.
    """
    if not rows:
        return {}
    # A repost comes after its original, even if its author's clock is slow.
    posts = [CopyCandidate.of(row) for row in rows]
    posts.sort(key=lambda post: (post.original is not None, post.posted_at, post.id))
    known = await _look_up(connection, posts, window_days)
    copies = _decide(posts, known)
    firsts = [post for post in posts if post.id not in copies]
    if firsts:
        taken = await _claim(connection, firsts, known, window_days)
        if taken:
            copies = await _decide_again(connection, posts, copies, taken, window_days)
    await sql.PUT_COPIES.run(connection, sorted(copies.items()))
    for kind, number in Counter(copy.kind.value for copy in copies.values()).items():
        metrics.COPIES_FOUND.labels(kind=kind).inc(number)
    return copies


async def forget_copies(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Forget what is known of posts as copies and as first posts, before they are erased or removed.

    One of the copies of each post becomes the first post of the others. If it has the same words, it inherits
    the keys of these words; all other keys of the post go.

    Args:
        connection: in the transaction that removes the posts.
        ids: canonical ids of the posts.
    """
    if ids:
        # In this order: keys that nobody inherits are left to the second statement.
        await connection.execute(sql.FORGET_COPIES, {"old": sorted(ids)})
        await connection.execute(sql.FORGET_KEYS, {"old": sorted(ids)})


async def forget_old_words(connection: AsyncConnection, edited: Collection[str]) -> None:
    """Forget the words of posts that have a new version. They stay first posts of their copies."""
    if edited:
        await connection.execute(sql.FORGET_OLD_WORDS, {"edited": sorted(edited)})


async def expire_copy_keys(connection: AsyncConnection, *, days: int) -> int:
    """Remove the oldest keys that are older than the window, at most `KEYS_AT_ONCE`; return their number."""
    result = await connection.execute(sql.EXPIRE_KEYS, {"days": days, "most": KEYS_AT_ONCE})
    return result.rowcount


async def _look_up(
    connection: AsyncConnection, posts: Sequence[CopyCandidate], window_days: int
) -> KnownFirsts:
    ids = {post.id for post in posts}
    originals = {post.row.received.post.referenced_id for post in posts if post.original is not None}
    parameters = {
        "keys": [key.hex() for key in dict.fromkeys(key for post in posts for key in post.keys)],
        "originals": sorted(name for name in originals if name is not None and name not in ids),
        "days": window_days,
    }
    known = KnownFirsts()
    rows = (await connection.execute(sql.FIND_FIRSTS, parameters)).all()
    if rows:
        # In a thread: a batch may find hundreds of long texts, and the event loop has other tasks.
        known.accounts.update(await asyncio.to_thread(_stored_accounts, rows))
    for row in rows:
        for name in row.names:
            is_id = name.startswith(sql.ID_MARK)
            known.add(reference_key(name[1:]) if is_id else bytes.fromhex(name), row.first_id)
    return known


def _stored_accounts(rows: Sequence[Row[Any]]) -> dict[str, Account | None]:
    """Return what each first post tells, by its id; None for a post whose text is not stored."""
    return {row.first_id: _stored_account(row) for row in rows}


def _stored_account(row: Row[Any]) -> Account | None:
    if row.text is None:
        return None
    mentions = (Mention(0, len(words), words, 1.0, ptid, None, None) for ptid, words in row.effects or ())
    return Account(normalize(row.text), named_drugs(row.drugs or ()), frozenset(map(effect_of, mentions)))


def _decide(posts: Iterable[CopyCandidate], known: KnownFirsts) -> dict[str, CopyOf]:
    """Return the copies among posts, and add what is decided to `known`. Equal texts are compared once."""
    copies: dict[str, CopyOf] = {}
    similar: dict[bytes, CopyOf] = {}
    for post in posts:
        copy = None
        if known.owners.get(post.id_key) == post.id:
            known.settled.add(post.id)
        else:
            copy = known.repeated(post) or similar.get(post.exact or b"") or known.similar(post)
        if copy is None:
            known.add_first(post)
            continue
        copies[post.id] = copy
        # Its reposts in the batch are copies of the same first post.
        known.owners.setdefault(post.id_key, copy.first_id)
        if post.exact is not None and copy.kind is CopyKind.NEAR:
            similar.setdefault(post.exact, copy)
    return copies


async def _claim(
    connection: AsyncConnection, firsts: Sequence[CopyCandidate], known: KnownFirsts, window_days: int
) -> set[str]:
    """Claim the keys of first posts, and return the posts that may be copies: another one had a key."""
    owner_of: dict[bytes, str] = {}
    for post in firsts:
        for key in post.keys:
            owner_of.setdefault(key, post.id)
    parameters = {
        "firsts": [post.id for post in firsts],
        "keys": [key.hex() for key in owner_of],
        "first_ids": list(owner_of.values()),
        "days": window_days,
    }
    taken: set[str] = set()
    for row in await connection.execute(sql.CLAIM_KEYS, parameters):
        key = bytes.fromhex(row.key)
        is_known = row.first_id in (owner_of[key], known.owners.get(key))
        if not is_known and not (is_part_key(key) and known.knows(row.first_id)):
            taken.add(owner_of[key])
    return taken - known.settled


async def _decide_again(
    connection: AsyncConnection,
    posts: Sequence[CopyCandidate],
    copies: Mapping[str, CopyOf],
    taken: set[str],
    window_days: int,
) -> dict[str, CopyOf]:
    """Return the copies after another worker took keys of `taken` at the same moment.

    Posts that lose their place as a first post lose their keys, and their copies go to the other first post.
    """
    taken_posts = [post for post in posts if post.id in taken]
    known = await _look_up(connection, taken_posts, window_days)
    decided = {post.id: known.repeated(post) or known.similar(post) for post in taken_posts}
    moved = {name: copy for name, copy in decided.items() if copy is not None and copy.first_id not in taken}
    if moved:
        await connection.execute(sql.FORGET_KEYS, {"old": sorted(moved)})
    return {**_redirected(copies, moved), **moved}


def _redirected(copies: Mapping[str, CopyOf], moved: Mapping[str, CopyOf]) -> dict[str, CopyOf]:
    return {
        name: CopyOf(moved[copy.first_id].first_id, copy.kind, copy.similarity)
        if copy.first_id in moved
        else copy
        for name, copy in copies.items()
    }
