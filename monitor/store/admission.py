"""Which posts of a batch may be stored, and under which id.

A post with a tombstone is left out: it was deleted before it came, or it comes again. A post that comes under
an alias gets the id under which it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Post, PostKind, ScoredPost
from monitor.store import statements as sql
from monitor.store.digests import author_subject, post_subject
from monitor.store.tombstones import Tombstone, Tombstones, find_tombstones


@dataclass(frozen=True, slots=True)
class LatePost:
    """A post that was left out, and had ids that no tombstone has: its author was removed, or an alias was.

    Attributes:
        names: its ids.
        tombstone: the tombstone of its author, or of one of its ids.
    """

    names: tuple[str, ...]
    tombstone: Tombstone


@dataclass(frozen=True, slots=True)
class Admission:
    """Which posts of a batch may be stored.

    Attributes:
        posts: those that may, in their order.
        late: those that were left out, and of which something may be stored under another id.
        needed: numbers of the events whose tombstones left something out.
    """

    posts: list[ScoredPost]
    late: list[LatePost]
    needed: set[int]


async def admit_posts(connection: AsyncConnection, scored: Sequence[ScoredPost]) -> Admission:
    """Return the posts that may be stored, with the ids under which to store them, in the same order.

    The caller must have locked the database for writing (`LOCK_FOR_WRITING`) in a statement before.
    """
    if not scored:
        return Admission([], [], set())
    posts = [row.received.post for row in scored]
    has = (await connection.execute(sql.HAS_NAMES)).one()
    subjects = {subject for post in posts for subject in _subjects_of(post)}
    removed = await find_tombstones(connection, subjects) if has.tombstones else {}
    stored_ids = await _find_stored_ids(connection, posts, has_aliases=has.aliases)
    admission = Admission([], [], set())
    for row in scored:
        post = row.received.post
        if tombstone := removed and _tombstone_of_post(post, removed):
            admission.needed.add(tombstone.event_id)
            if 0 < _count_removed(post, removed) < len(_names_of(post)):
                admission.late.append(LatePost(_names_of(post), tombstone))
        elif tombstone := removed and _tombstone_of_author(row, removed):
            admission.needed.add(tombstone.event_id)
            admission.late.append(LatePost(_names_of(post), tombstone))
        else:
            for name in _references_of(post):
                if reference := removed.get(post_subject(name)):
                    admission.needed.add(reference.event_id)
            admission.posts.append(_admitted(row, removed, stored_ids))
    return admission


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


def _references_of(post: Post) -> set[str]:
    """Return the ids of the posts that a post repeats, quotes or answers."""
    names = {post.referenced_id, *(part.id for part in post.context)}
    return {name for name in names if name is not None}


def _subjects_of(post: Post) -> list[bytes]:
    subjects = [post_subject(name) for name in _names_of(post)]
    subjects += map(post_subject, _references_of(post))
    if post.author_id is not None:
        subjects.append(author_subject(post.author_id))
    return subjects


def _count_removed(post: Post, removed: Tombstones) -> int:
    """Return how many ids of a post have a tombstone."""
    return sum(post_subject(name) in removed for name in _names_of(post))


def _tombstone_of_post(post: Post, removed: Tombstones) -> Tombstone | None:
    """Return the tombstone of a post, or of the post that it repeats, or None."""
    for name in _names_of(post):
        if (tombstone := removed.get(post_subject(name))) is not None:
            return tombstone
    return _tombstone_of_reference(post, removed) if post.kind is PostKind.REPOST else None


def _tombstone_of_author(row: ScoredPost, removed: Tombstones) -> Tombstone | None:
    """Return the tombstone of the author if the post is from before it, or None."""
    author_id = row.received.post.author_id
    tombstone = None if author_id is None else removed.get(author_subject(author_id))
    # A date of the author's clock may lie in the future.
    posted_at = min(row.received.posted_at, row.received.origin.timestamp)
    return tombstone if tombstone and posted_at <= tombstone.at else None


def _tombstone_of_reference(post: Post, removed: Tombstones) -> Tombstone | None:
    return None if post.referenced_id is None else removed.get(post_subject(post.referenced_id))


def _admitted(row: ScoredPost, removed: Tombstones, stored_ids: Mapping[str, str]) -> ScoredPost:
    """Return the post under its stored id, and without what it quotes of a removed post."""
    post = row.received.post
    gone = {name for name in _references_of(post) if removed and post_subject(name) in removed}
    if gone:
        context = tuple(part for part in post.context if (part.id or post.referenced_id) not in gone)
        referenced_id = None if post.referenced_id in gone else post.referenced_id
        post = replace(post, referenced_id=referenced_id, context=context)
    stored_id = stored_ids[post.id]
    if stored_id != post.id:
        aliases = tuple(name for name in _names_of(post) if name != stored_id)
        post = replace(post, id=stored_id, aliases=aliases)
    if post is row.received.post:
        return row
    return replace(row, received=replace(row.received, post=post))
