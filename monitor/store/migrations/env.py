"""Run migrations over the connection that `monitor.store.revisions` hands over.

Developers who call alembic itself (`alembic -c monitor/store/alembic.ini …`) get a connection by the
monitor's settings instead.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from monitor.store.tables import metadata


def run(connection: Connection) -> None:
    """Run what was asked for, all of it in the connection's transaction."""
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    from monitor.settings import load_settings
    from monitor.store.connections import migrating_engine

    with migrating_engine(load_settings().settings.database).begin() as own:
        run(own)
