"""The index of words ends a word at emoji and typographic punctuation, too, as the filter of alerts does.

No row changes. The new index is built next to the old one, so the disk needs space for both. This takes about
a minute for a million stored texts. Meanwhile, `tweets` can be read and searched, but writers wait (a SHARE
lock on `tweets`). Then readers wait for a moment, too, while the old index is dropped and the new one gets
its name (an ACCESS EXCLUSIVE lock, which first waits for running queries).

CREATE INDEX CONCURRENTLY would not lock out writers. But it cannot run inside a transaction, and an upgrade
is one, so that a failure leaves the database as it was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ASCII_PUNCTUATION = "[!-/:-@[-`{-~]"

SEPARATORS = (
    "["
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf"
    r"\u00d7\u00f7\u037e\u0387\u05be\u05c0\u05c3\u05f3\u05f4\u0606-\u060f\u061b-\u061f"
    r"\u066a-\u066d\u06d4\u0964\u0965\u1680\u2000-\u206f\u20a0-\u20ff\u2120\u2122\u2190-\u2bff"
    r"\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u30fb\ufe00-\ufe0f\ufe30-\ufe6f\ufeff"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffe6\ufff9-\uffff"
    r"\U0001f000-\U0001faff\U000e0000-\U000e007f"
    "]"
)


def upgrade() -> None:
    """Upgrade the tables to this revision."""
    replace_index(SEPARATORS)


def downgrade() -> None:
    """Return to the revision before."""
    replace_index(ASCII_PUNCTUATION)


def replace_index(separators: str) -> None:
    """Replace the index by one with other characters between words."""
    words = f"to_tsvector('simple', regexp_replace(text, '{separators}+', ' ', 'g'))"
    op.create_index(
        "ix_tweets_words_new", "tweets", [sa.literal_column(words)], unique=False, postgresql_using="gin"
    )
    op.drop_index("ix_tweets_words", table_name="tweets")
    op.execute("ALTER INDEX ix_tweets_words_new RENAME TO ix_tweets_words")
