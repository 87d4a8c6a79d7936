"""The ADE database: batches go in by `Store`, ADEs come out by `query`, `migrate` makes its tables."""

from monitor.store.batch import Written
from monitor.store.writing import Store

__all__ = ["Store", "Written"]
