"""Which posts of a batch may be stored, and under which id.

A post with a tombstone is left out: it was deleted before it came, or it comes again. A post that comes under
an alias gets the id under which it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Post, PostKind, ScoredPost
from monitor.store import statements as sql
from monitor.store.digests import author_subject, post_subject

Tombstones = Mapping[bytes, datetime]
"""Subjects that were removed, with the time of the latest event. Only for authors, the time matters."""


async def admit_posts(connection: AsyncConnection, scored: Sequence[ScoredPost]) -> list[ScoredPost]:
    """Return the posts that may be stored, with the ids under which to store them, in the same order.

    The caller must have locked the database for writing (`LOCK_FOR_WRITING`) in a statement before.
    """
    if not scored:
        return []
    posts = [row.received.post for row in scored]
    subjects = sorted({subject for post in posts for subject in _subjects_of(post)})
    found = await connection.execute(sql.FIND_TOMBSTONES, {"subjects": subjects})
    removed: dict[bytes, datetime] = {}
    for row in found:
        removed[row.subject] = max(row.at, removed.get(row.subject, row.at))
    stored_ids = await _find_stored_ids(connection, posts)
    return [
        admitted
        for row in scored
        if not (removed and _is_removed(row, removed))
        for admitted in [_admitted(row, removed, stored_ids)]
    ]


async def _find_stored_ids(connection: AsyncConnection, posts: Sequence[Post]) -> dict[str, str]:
    """Return the id under which a post is stored, for each name of a post of which it is known."""
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


def _is_removed(row: ScoredPost, removed: Tombstones) -> bool:
    post = row.received.post
    if any(post_subject(name) in removed for name in _names_of(post)):
        return True
    if post.kind is PostKind.REPOST and _refers_to_removed(post, removed):
        return True
    author_removed_at = removed.get(author_subject(post.author_id)) if post.author_id is not None else None
    return author_removed_at is not None and row.received.posted_at <= author_removed_at


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
