"""Exports: effects and cases as files that say where they come from, see `docs/exports.md`."""
