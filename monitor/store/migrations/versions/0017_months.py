"""Posts, predictions, mentions, drugs and facts lie in one partition for each month.

The tables are built again and filled in months, since an old table could only become one partition that never
goes. So an upgrade needs as much free space as these tables have, and some minutes for ten million mentions.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT: Final = sa.TIMESTAMP(timezone=True)

TABLES: Final = ("tweets", "predictions", "mentions", "post_drugs", "post_facts")
"""Each refers to one before it."""

FORMER_KEYS: Final = {
    "predictions": ("tweets", ["tweet_id"]),
    "mentions": ("predictions", ["tweet_id", "bundle", "version"]),
    "post_drugs": ("tweets", ["tweet_id"]),
    "post_facts": ("tweets", ["tweet_id"]),
}
"""For each table, the table that its rows referred to, and by which columns. Now only partitions of one month
refer to each other, so a month can go without a look at the others."""

WITH_WORDS: Final = {"tweets": ["text", "context", "url"], "mentions": ["text"]}
"""Columns with words of posts. They have no statistics, which would keep some words after a deletion."""

# `posted_at` follows from `tweet_id`. The planner takes two conditions of a join for independent, so it would
# expect one row where there are thousands, and read whole tables to sort them.
ONE_TIME: Final = "ALTER COLUMN posted_at SET (n_distinct = 1, n_distinct_inherited = 1)"

OF_POSTS: Final = {
    "post_aliases": "CASCADE",
    "post_copies": "CASCADE",
    "case_posts": "CASCADE",
    "review_items": "SET NULL",
}
"""Tables whose rows refer to a post of any month, and what happens to them when the post goes."""

MONTHS_BEFORE: Final = 36
"""Older posts, which come from archives, share one partition: each partition makes every query longer."""

ADD_PARTITIONS: Final = """
CREATE FUNCTION add_post_partitions(suffix text, bounds text) RETURNS void
LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tweets', 'predictions', 'mentions', 'post_drugs', 'post_facts'] LOOP
        EXECUTE format('CREATE TABLE %1$I (LIKE %2$I INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
            'INCLUDING INDEXES INCLUDING STORAGE)', name || suffix, name);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN posted_at SET (n_distinct = 1)', name || suffix);
        EXECUTE format('ALTER TABLE %I ' || CASE name
            WHEN 'tweets' THEN 'ALTER COLUMN text SET STATISTICS 0, ALTER COLUMN context SET STATISTICS 0, '
                'ALTER COLUMN url SET STATISTICS 0'
            WHEN 'mentions' THEN 'ALTER COLUMN text SET STATISTICS 0, '
                'ADD FOREIGN KEY (tweet_id, bundle, version, posted_at) '
                'REFERENCES %I ON UPDATE CASCADE ON DELETE CASCADE'
            ELSE 'ADD FOREIGN KEY (tweet_id, posted_at) REFERENCES %I ON UPDATE CASCADE ON DELETE CASCADE'
            END, name || suffix, CASE name WHEN 'mentions' THEN 'predictions' ELSE 'tweets' END || suffix);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['tweets', 'predictions', 'mentions', 'post_drugs', 'post_facts'] LOOP
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I ' || bounds, name, name || suffix);
    END LOOP;
    PERFORM name_partition_indexes(suffix);
END $$
"""

# As those of the table, so that a plan of a query can be read.
NAME_INDEXES: Final = """
CREATE FUNCTION name_partition_indexes(suffix text) RETURNS void
LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
DECLARE
    former text;
    name text;
BEGIN
    FOR former, name IN
        SELECT child.relname, parent.relname || suffix FROM pg_index
        JOIN pg_inherits ON inhrelid = indexrelid
        JOIN pg_class AS child ON child.oid = inhrelid JOIN pg_class AS parent ON parent.oid = inhparent
        WHERE indrelid IN (SELECT to_regclass(post_table || suffix) FROM unnest(ARRAY[
            'tweets', 'predictions', 'mentions', 'post_drugs', 'post_facts']) AS post_table)
        AND child.relname <> parent.relname || suffix
    LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', former, name);
    END LOOP;
    IF to_regclass('ix_tweets_words' || suffix) IS NOT NULL THEN
        EXECUTE format('ALTER INDEX %I ALTER COLUMN 1 SET STATISTICS 0', 'ix_tweets_words' || suffix);
    END IF;
END $$
"""

# Autovacuum leaves out tables that have partitions, and a plan of several months needs their statistics.
ANALYZE_MONTHS: Final = """
CREATE FUNCTION analyze_months() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
    ANALYZE tweets, predictions, mentions, post_drugs, post_facts;
END $$
"""

# "ade-mont" in ASCII: one session at a time makes or drops a month.
MONTH_LOCK: Final = 0x6164652D6D6F6E74

# All locks are taken first, each with a short wait, and given back if one cannot be had. Else two sessions
# could wait for each other, and one that waits for long makes all others wait.
TAKE_LOCKS: Final = """
CREATE FUNCTION lock_post_tables(suffix text) RETURNS boolean
LANGUAGE plpgsql SET search_path = {schema}, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
    FOR attempt IN 1..5 LOOP
        BEGIN
            EXECUTE format('LOCK TABLE ONLY %I, ONLY %I, ONLY %I, ONLY %I, ONLY %I IN ACCESS EXCLUSIVE MODE',
                'tweets' || suffix, 'predictions' || suffix, 'mentions' || suffix, 'post_drugs' || suffix,
                'post_facts' || suffix);
            RETURN true;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.1);
        END;
    END LOOP;
    RETURN false;
END $$
"""

MAKE_MONTH: Final = """
CREATE FUNCTION make_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    first_day date := date_trunc('month', month);
    next_day date := first_day + interval '1 month';
    suffix text := to_char(first_day, '_YYYY_MM');
    first_at timestamptz := CAST(first_day AS timestamp) AT TIME ZONE 'UTC';
    next_at timestamptz := CAST(next_day AS timestamp) AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('tweets' || suffix) IS NOT NULL THEN
        RETURN true;
    END IF;
    IF first_day < '{earliest}' OR first_at > now() + interval '2 months' THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock({lock});
    -- to_regclass would not see what another session has made while this one waited for the lock.
    IF EXISTS (
        SELECT FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'tweets'::regclass AND child.relname = 'tweets' || suffix
    ) THEN
        RETURN true;
    END IF;
    IF EXISTS (SELECT FROM tweets_other WHERE posted_at >= first_at AND posted_at < next_at) THEN
        RETURN false;
    END IF;
    IF NOT lock_post_tables('_other') THEN
        RETURN false;
    END IF;
    PERFORM add_post_partitions(suffix, format('FOR VALUES FROM (%L) TO (%L)', first_at, next_at));
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$
"""

DROP_MONTH: Final = """
CREATE FUNCTION drop_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    first_day date := date_trunc('month', month);
    first_at timestamptz := CAST(first_day AS timestamp) AT TIME ZONE 'UTC';
    next_at timestamptz := CAST(CAST(first_day + interval '1 month' AS date) AS timestamp) AT TIME ZONE 'UTC';
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    IF EXISTS (SELECT FROM post_times WHERE posted_at >= first_at AND posted_at < next_at) THEN
        RETURN false;
    END IF;
    IF to_regclass('tweets' || to_char(first_day, '_YYYY_MM')) IS NOT NULL AND NOT lock_post_tables('') THEN
        RETURN false;
    END IF;
    -- A batch may have brought one before this session had the locks.
    IF EXISTS (SELECT FROM post_times WHERE posted_at >= first_at AND posted_at < next_at) THEN
        RETURN false;
    END IF;
    FOREACH name IN ARRAY ARRAY['post_facts', 'post_drugs', 'mentions', 'predictions', 'tweets'] LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', name || to_char(first_day, '_YYYY_MM'));
    END LOOP;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$
"""

# Rows of `post_times` follow those of `tweets`, also if somebody changes these by hand.
NOTE_TIME: Final = """
CREATE FUNCTION note_post_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE post_times CASCADE;
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM post_times WHERE tweet_id = OLD.tweet_id;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE post_times SET tweet_id = NEW.tweet_id, posted_at = NEW.posted_at
        WHERE tweet_id = OLD.tweet_id;
    ELSE
        INSERT INTO post_times (tweet_id, posted_at) VALUES (NEW.tweet_id, NEW.posted_at)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND AND NOT EXISTS (
            SELECT FROM post_times WHERE tweet_id = NEW.tweet_id AND posted_at = NEW.posted_at
        ) THEN
            RAISE unique_violation USING MESSAGE =
                'the post ' || NEW.tweet_id || ' is in tweets already, with another time';
        END IF;
    END IF;
    RETURN NULL;
END $$
"""

# A row that went to another partition would leave what belongs to it behind.
KEEP_MONTH: Final = """
CREATE FUNCTION keep_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF date_trunc('month', NEW.posted_at, 'UTC') <> date_trunc('month', OLD.posted_at, 'UTC') THEN
        RAISE check_violation USING MESSAGE =
            'the post ' || OLD.tweet_id || ' stays in its month: delete it and store it again';
    END IF;
    RETURN NEW;
END $$
"""

FORGET_CODES: Final = """
CREATE FUNCTION forget_recoded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM recoded_mentions WHERE mention_id = OLD.id;
    RETURN NULL;
END $$
"""

FUNCTIONS: Final = {
    "name_partition_indexes(text)": NAME_INDEXES,
    "add_post_partitions(text, text)": ADD_PARTITIONS,
    "lock_post_tables(text)": TAKE_LOCKS,
    "make_month(date)": MAKE_MONTH,
    "drop_month(date)": DROP_MONTH,
    "analyze_months()": ANALYZE_MONTHS,
    "note_post_time()": NOTE_TIME,
    "keep_month()": KEEP_MONTH,
    "forget_recoded()": FORGET_CODES,
}

TRIGGERS: Final = (
    "CREATE TRIGGER note_post_time AFTER INSERT OR DELETE OR UPDATE OF tweet_id, posted_at ON tweets "
    "FOR EACH ROW EXECUTE FUNCTION note_post_time()",
    "CREATE TRIGGER keep_month BEFORE UPDATE OF posted_at ON tweets "
    "FOR EACH ROW EXECUTE FUNCTION keep_month()",
    "CREATE TRIGGER note_truncated_posts AFTER TRUNCATE ON tweets "
    "FOR EACH STATEMENT EXECUTE FUNCTION note_post_time()",
    "CREATE TRIGGER forget_recoded AFTER DELETE ON mentions FOR EACH ROW EXECUTE FUNCTION forget_recoded()",
)


COLUMNS: Final = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING IDENTITY"

PRIMARY_KEYS: Final = {
    "tweets": ["tweet_id", "posted_at"],
    "predictions": ["tweet_id", "bundle", "version", "posted_at"],
    "mentions": ["id", "posted_at"],
    "post_drugs": ["tweet_id", "version", "part", "start", "end", "drug", "posted_at"],
    "post_facts": ["tweet_id", "version", "kind", "start", "end", "posted_at"],
}

SPANS: Final = ["tweet_id", "bundle", "version", "start", "end"]
SPANS_KEY: Final = "uq_mentions_tweet_id_bundle_version_start_end"

OLD: Final = "_0016"
"""End of the names of the former tables, and of their indexes, while the new ones are filled."""

REPORT: Final = """
    SELECT t.posted_at, t.tweet_id, t.lang, t.text,
        m.text AS span, m.start, m."end", p.probability, m.score AS span_score,
        m.ptid, m.pt_name, m.pt_score, p.bundle, p.predicted_at, m.id AS mention_id,
        t.platform, t.kind, t.url, t.referenced_id, t.context, t.edited_at, t.version,
        p.first_probability, p.second_probability,
        m.drug, m.drug_text, m.drug_atc, m.drug_score, m.drug_place, m.case_id, m.tags,
        c.first_id AS copy_of, c.kind AS copy_kind
    FROM mentions AS m
    JOIN predictions AS p ON p.tweet_id = m.tweet_id{p_month} AND p.bundle = m.bundle
        AND p.version = m.version
    JOIN tweets AS t ON t.tweet_id = p.tweet_id{t_month} AND t.version = p.version
    LEFT OUTER JOIN post_copies AS c ON c.tweet_id = t.tweet_id
    WHERE NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id{newer_month} AND newer.version = p.version
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )
"""

CASES: Final = """
    SELECT c.case_id, c.drug AS drug_name, c.ptid AS pt_code, c.pt_name, c.first_at AS first_posted_at,
        c.last_at AS last_posted_at, c.opened_at, c.status AS case_status, c.owner AS owner_name, c.due_at,
        c.changed_at,
        (SELECT count(*) FROM case_posts AS p{times} JOIN tweets AS t USING ({post})
         WHERE p.case_id = c.case_id AND t.erased_at IS NULL) AS post_count,
        (SELECT count(*) FROM case_posts AS p JOIN post_copies AS k ON k.first_id = p.tweet_id
         WHERE p.case_id = c.case_id) AS copy_count,
        EXISTS (
            SELECT FROM case_posts AS p{times} JOIN tweets AS t USING ({post})
            JOIN post_facts AS f ON f.tweet_id = t.tweet_id{f_month} AND f.version = t.version
            WHERE p.case_id = c.case_id
            AND f.kind IN ('death', 'life-threatening', 'hospital', 'disability', 'birth-defect')
        ) AS is_serious
    FROM cases AS c
"""

REPORT_OF_MONTHS: Final = REPORT.format(
    p_month=" AND p.posted_at = m.posted_at",
    t_month=" AND t.posted_at = p.posted_at",
    newer_month=" AND newer.posted_at = p.posted_at",
)
CASES_OF_MONTHS: Final = CASES.format(
    times=" JOIN post_times AS o USING (tweet_id)",
    post="tweet_id, posted_at",
    f_month=" AND f.posted_at = t.posted_at",
)
FORMER_REPORT: Final = REPORT.format(p_month="", t_month="", newer_month="")
FORMER_CASES: Final = CASES.format(times="", post="tweet_id", f_month="")


def upgrade() -> None:
    """Build the tables again, and fill them."""
    grants = _grants()
    effects = _drop_views()
    _drop_foreign_keys()
    indexes = [index for table in TABLES for index in _move_away(table)]
    op.create_table(
        "post_times",
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("posted_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tweet_id", name=op.f("pk_post_times")),
    )
    op.execute(f"INSERT INTO post_times SELECT tweet_id, posted_at FROM tweets{OLD}")  # noqa: S608
    for table in TABLES:
        posted_at = "" if table == "tweets" else ", posted_at timestamptz NOT NULL"
        op.execute(
            f"CREATE TABLE {table} (LIKE {table}{OLD} {COLUMNS}{posted_at}) PARTITION BY RANGE (posted_at)"
        )
        op.create_primary_key(op.f(f"pk_{table}"), table, PRIMARY_KEYS[table])
        op.execute(f"ALTER TABLE {table} {ONE_TIME}")
    op.execute("ALTER TABLE post_times ALTER COLUMN posted_at SET (n_distinct = 1)")
    _keep_no_statistics_of_words()
    op.create_unique_constraint(op.f(f"{SPANS_KEY}_posted_at"), "mentions", [*SPANS, "posted_at"])
    _create_partitions()
    _fill(" JOIN post_times USING (tweet_id)")
    for definition in indexes:
        op.execute(definition)
    op.execute(
        "SELECT name_partition_indexes(substr(child.relname, 7)) FROM pg_inherits "
        "JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = 'tweets'::regclass"
    )
    op.execute("ALTER INDEX ix_tweets_words ALTER COLUMN 1 SET STATISTICS 0")
    op.create_index(op.f("ix_post_times_posted_at"), "post_times", ["posted_at"])
    for trigger in TRIGGERS:
        op.execute(trigger)
    _create_foreign_keys_of_posts("post_times")
    _create_views(REPORT_OF_MONTHS, effects, CASES_OF_MONTHS)
    for grant in grants:
        op.execute(grant)
    op.execute("ANALYZE post_times")
    op.execute("SELECT analyze_months()")


def _keep_no_statistics_of_words() -> None:
    for table, columns in WITH_WORDS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def _create_partitions() -> None:
    """Make the functions, the partitions of other times, and those of the months that have posts."""
    connection = op.get_bind()
    schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
    earliest = connection.scalar(
        sa.text(
            "SELECT CAST(date_trunc('month', now() AT TIME ZONE 'UTC') "
            f"- interval '{MONTHS_BEFORE} months' AS date)"
        )
    )
    for signature, function in FUNCTIONS.items():
        op.execute(function.format(schema=schema, earliest=earliest, lock=MONTH_LOCK))
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
    op.execute("SELECT add_post_partitions('_other', 'DEFAULT')")
    op.execute(
        "SELECT add_post_partitions('_earlier', "  # noqa: S608
        f"format('FOR VALUES FROM (MINVALUE) TO (%L)', timestamp '{earliest}' AT TIME ZONE 'UTC'))"
    )
    op.execute(
        "SELECT make_month(month) FROM (SELECT DISTINCT "  # noqa: S608
        "CAST(date_trunc('month', posted_at AT TIME ZONE 'UTC') AS date) AS month "
        f"FROM tweets{OLD}) AS months"
    )


def downgrade() -> None:
    """Return to tables without partitions."""
    grants = _grants()
    effects = _drop_views()
    _drop_foreign_keys()
    for trigger in ("note_post_time", "note_truncated_posts", "keep_month"):
        op.execute(f"DROP TRIGGER {trigger} ON tweets")
    op.execute("DROP TRIGGER forget_recoded ON mentions")
    indexes = [index for table in TABLES for index in _move_away(table)]
    for table in TABLES:
        op.execute(f"CREATE TABLE {table} (LIKE {table}{OLD} {COLUMNS})")
        if table != "tweets":
            op.drop_column(table, "posted_at")
        key = [column for column in PRIMARY_KEYS[table] if column != "posted_at"]
        op.create_primary_key(op.f(f"pk_{table}"), table, key)
    op.create_unique_constraint(op.f(SPANS_KEY), "mentions", SPANS)
    _fill("")
    _keep_no_statistics_of_words()
    for definition in indexes:
        op.execute(definition)
    op.execute("ALTER INDEX ix_tweets_words ALTER COLUMN 1 SET STATISTICS 0")
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
    for table, (parent, keys) in FORMER_KEYS.items():
        name = op.f(f"fk_{table}_{'_'.join(keys)}_{parent}")
        op.create_foreign_key(name, table, parent, keys, keys, ondelete="CASCADE", onupdate="CASCADE")
    op.create_foreign_key(
        op.f("fk_recoded_mentions_mention_id_mentions"),
        "recoded_mentions",
        "mentions",
        ["mention_id"],
        ["id"],
        ondelete="CASCADE",
    )
    _create_foreign_keys_of_posts("tweets")
    op.drop_table("post_times")
    _create_views(FORMER_REPORT, effects, FORMER_CASES)
    for grant in grants:
        op.execute(grant)


def _grants() -> list[str]:
    """Return the rights that others have on the tables and views, which are made again, as SQL."""
    rows = op.get_bind().execute(
        sa.text(
            "SELECT format('GRANT %s%s ON %I TO %s', privilege_type, on_column, relname, "
            "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE CAST(CAST(grantee AS regrole) AS text) END) FROM ("
            "SELECT relname, relowner, '' AS on_column, (aclexplode(relacl)).* FROM pg_class "
            "WHERE oid IN (SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS name) UNION ALL "
            "SELECT relname, relowner, format(' (%I)', attname), (aclexplode(attacl)).* FROM pg_class "
            "JOIN pg_attribute ON attrelid = pg_class.oid AND NOT attisdropped "
            "WHERE pg_class.oid IN (SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS name)"
            ") AS granted WHERE grantee <> relowner ORDER BY 1"
        ),
        {"names": [*TABLES, "ade_report", "ade_effects", "ade_cases"]},
    )
    return list(rows.scalars())


def _drop_views() -> str:
    """Drop the views that read the tables, and return the query of `ade_effects`, which only reads a view."""
    effects = op.get_bind().scalar(sa.text("SELECT pg_get_viewdef('ade_effects'::regclass)"))
    for view in ("ade_cases", "ade_effects", "ade_report"):
        op.execute(f"DROP VIEW {view}")
    return str(effects)


def _create_views(report: str, effects: str, cases: str) -> None:
    for name, query in (("ade_report", report), ("ade_effects", effects), ("ade_cases", cases)):
        op.get_bind().exec_driver_sql(f"CREATE VIEW {name} AS {query}")


def _drop_foreign_keys() -> None:
    """Drop all foreign keys that refer to one of the tables; those between partitions go with them."""
    keys = op.get_bind().execute(
        sa.text(
            "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint WHERE contype = 'f' "
            "AND confrelid IN (SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS name) "
            "ORDER BY 1, 2"
        ),
        {"tables": [*TABLES, "post_times"]},
    )
    for table, name in keys.all():
        op.drop_constraint(name, table, type_="foreignkey")


def _create_foreign_keys_of_posts(target: str) -> None:
    for table, ondelete in OF_POSTS.items():
        name = op.f(f"fk_{table}_tweet_id_{target}")
        op.create_foreign_key(
            name, table, target, ["tweet_id"], ["tweet_id"], ondelete=ondelete, onupdate="CASCADE"
        )


def _move_away(table: str) -> list[str]:
    """Rename a table and its indexes, and return the definitions of those that are not of a constraint."""
    connection = op.get_bind()
    indexes = connection.execute(
        sa.text(
            "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition, "
            "indisunique FROM pg_index WHERE indrelid = CAST(:name AS regclass) ORDER BY 1"
        ),
        {"name": table},
    ).all()
    op.rename_table(table, f"{table}{OLD}")
    for index in indexes:
        op.execute(f"ALTER INDEX {index.name} RENAME TO {index.name}{OLD}")
    return [index.definition.replace(" ON ONLY ", " ON ") for index in indexes if not index.indisunique]


def _fill(times: str) -> None:
    """Copy the rows of the former tables, and remove these; numbers of mentions go on where they were.

    Args:
        times: the join that brings `posted_at`, or empty for tables without that column.
    """
    connection = op.get_bind()
    for table in TABLES:
        described = sa.inspect(connection).get_columns(table)
        columns = ", ".join(f'"{column["name"]}"' for column in described)
        op.execute(
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "  # noqa: S608
            f"SELECT {columns} FROM {table}{OLD}{times if table != 'tweets' else ''}"
        )
    sequence = connection.scalar(sa.text(f"SELECT pg_get_serial_sequence('mentions{OLD}', 'id')"))
    op.execute(
        f"SELECT setval(pg_get_serial_sequence('mentions', 'id'), last_value, is_called) FROM {sequence}"  # noqa: S608
    )
    for table in reversed(TABLES):
        op.drop_table(f"{table}{OLD}")
