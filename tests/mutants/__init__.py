"""Mutation testing: small faults in core modules, to see whether the tests next to them notice."""

__all__: list[str] = []
