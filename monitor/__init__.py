"""The streaming daemon: Kafka in, Postgres and Redis out, and the commands around it.

It is used through its commands (`monitor.cli`). `docs/architecture.md` shows its packages.
"""

__all__: list[str] = []
