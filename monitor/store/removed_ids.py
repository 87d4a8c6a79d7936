"""Which of some ids are those of removed posts or authors, as far as tombstones tell."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store.digests import author_subject, post_subject
from monitor.store.statements import FIND_TOMBSTONES


async def find_removed(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Return those ids that name a removed post, or an author whose posts were removed."""
    names = {digest(name): name for name in ids for digest in (post_subject, author_subject)}
    rows = await connection.execute(FIND_TOMBSTONES, {"subjects": [subject.hex() for subject in names]})
    return {names[bytes(row.subject)] for row in rows}
