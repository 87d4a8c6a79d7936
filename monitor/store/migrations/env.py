"""Run migrations over the connection that `monitor.store.revisions` passes on.

If a developer calls alembic itself (`alembic -c monitor/store/alembic.ini …`), the connection comes from the
monitor's settings instead.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from monitor.store import schema
from monitor.store.months import includes_name


def run_migrations(connection: Connection) -> None:
    """Run the requested migrations, all of them in the connection's transaction."""
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        include_name=includes_name,
    )
    with context.begin_transaction():
        context.run_migrations()


passed_connection = context.config.attributes.get("connection")
if passed_connection is not None:
    run_migrations(passed_connection)
else:
    from monitor.settings import load_settings
    from monitor.store.connections import migrating_engine

    with migrating_engine(load_settings().settings.database).begin() as new_connection:
        run_migrations(new_connection)
