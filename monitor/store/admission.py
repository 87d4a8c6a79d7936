"""Which posts of a batch may be stored, and under which id.

A post with a tombstone is left out: it was deleted before it came, or it comes again. A post that comes under
an alias gets the id under which it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Post, PostKind, ScoredPost
from monitor.store import statements as sql
from monitor.store.digests import author_subject, post_subject


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A row of `tombstones`: what removed a post or an author, and when."""

    event: str
    at: datetime
    event_id: int


Tombstones = Mapping[bytes, Tombstone]
"""The latest tombstone of each subject that has one."""


@dataclass(frozen=True, slots=True)
class LatePost:
    """A post that came after its author was removed. Nothing about it was known until now.

    Attributes:
        names: its ids.
        tombstone: the tombstone of its author.
    """

    names: tuple[str, ...]
    tombstone: Tombstone


@dataclass(frozen=True, slots=True)
class Admission:
    """The posts of a batch that may be stored, in their order, and those of removed authors."""

    posts: list[ScoredPost]
    late: list[LatePost]


async def admit_posts(connection: AsyncConnection, scored: Sequence[ScoredPost]) -> Admission:
    """Return the posts that may be stored, with the ids under which to store them, in the same order.

    The caller must have locked the database for writing (`LOCK_FOR_WRITING`) in a statement before.
    """
    if not scored:
        return Admission([], [])
    posts = [row.received.post for row in scored]
    has = (await connection.execute(sql.HAS_NAMES)).one()
    removed = await _find_tombstones(connection, posts) if has.tombstones else {}
    stored_ids = await _find_stored_ids(connection, posts, has_aliases=has.aliases)
    admitted = []
    late = []
    for row in scored:
        if removed and _is_removed(row.received.post, removed):
            continue
        if removed and (tombstone := _tombstone_of_author(row, removed)):
            late.append(LatePost(_names_of(row.received.post), tombstone))
            continue
        admitted.append(_admitted(row, removed, stored_ids))
    return Admission(admitted, late)


async def _find_tombstones(connection: AsyncConnection, posts: Sequence[Post]) -> dict[bytes, Tombstone]:
    """Return the tombstones of posts, of their authors, and of the posts that they refer to."""
    subjects = sorted({subject.hex() for post in posts for subject in _subjects_of(post)})
    removed: dict[bytes, Tombstone] = {}
    for row in await connection.execute(sql.FIND_TOMBSTONES, {"subjects": subjects}):
        tombstone = Tombstone(row.event, row.at, row.event_id)
        removed[row.subject] = max(tombstone, removed.get(row.subject, tombstone), key=attrgetter("at"))
    return removed


async def _find_stored_ids(
    connection: AsyncConnection, posts: Sequence[Post], *, has_aliases: bool
) -> dict[str, str]:
    """Return the id under which to store a post, for each name of the posts."""
    stored_ids: dict[str, str] = {}
    if has_aliases:
        names = sorted({name for post in posts for name in _names_of(post)})
        aliases = await connection.execute(sql.FIND_ALIASES, {"ids": names})
        stored_ids = {row.alias: row.tweet_id for row in aliases}
    with_aliases = sorted({name for post in posts if post.aliases for name in _names_of(post)})
    if with_aliases:
        stored = await connection.execute(sql.FIND_TWEETS, {"ids": with_aliases})
        stored_ids |= {tweet_id: tweet_id for tweet_id in stored.scalars()}
    for post in posts:
        stored_id = next((stored_ids[name] for name in _names_of(post) if name in stored_ids), post.id)
        for name in _names_of(post):
            stored_ids.setdefault(name, stored_id)
    return stored_ids


def _names_of(post: Post) -> tuple[str, ...]:
    return (post.id, *post.aliases)


def _subjects_of(post: Post) -> list[bytes]:
    subjects = [post_subject(name) for name in _names_of(post)]
    if post.referenced_id is not None:
        subjects.append(post_subject(post.referenced_id))
    if post.author_id is not None:
        subjects.append(author_subject(post.author_id))
    return subjects


def _is_removed(post: Post, removed: Tombstones) -> bool:
    """Return True if a post was removed itself, or repeats one that was."""
    if any(post_subject(name) in removed for name in _names_of(post)):
        return True
    return post.kind is PostKind.REPOST and _refers_to_removed(post, removed)


def _tombstone_of_author(row: ScoredPost, removed: Tombstones) -> Tombstone | None:
    """Return the tombstone of the author if the post is from before it, or None."""
    author_id = row.received.post.author_id
    tombstone = None if author_id is None else removed.get(author_subject(author_id))
    return tombstone if tombstone and row.received.posted_at <= tombstone.at else None


def _refers_to_removed(post: Post, removed: Tombstones) -> bool:
    return post.referenced_id is not None and post_subject(post.referenced_id) in removed


def _admitted(row: ScoredPost, removed: Tombstones, stored_ids: Mapping[str, str]) -> ScoredPost:
    """Return the post under its stored id, and without what it quotes of a removed post."""
    post = row.received.post
    if removed and _refers_to_removed(post, removed):
        post = replace(post, referenced_id=None, context=())
    stored_id = stored_ids[post.id]
    if stored_id != post.id:
        aliases = tuple(name for name in _names_of(post) if name != stored_id)
        post = replace(post, id=stored_id, aliases=aliases)
    if post is row.received.post:
        return row
    return replace(row, received=replace(row.received, post=post))
