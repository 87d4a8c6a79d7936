"""How fast connectors are: the filter by number of drug names, and the whole way to an embedded broker.

`python -m benchmarks.connect` prints two tables for `docs/connect.md`.
"""

__all__: list[str] = []
