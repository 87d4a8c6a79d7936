"""What a prepared interpreter has loaded: the packages of a worker, and the names of the drugs."""

from __future__ import annotations

from importlib import import_module

from monitor.enrich.drugs import load_matcher
from monitor.settings import EnrichSettings

# Not `monitor.cli`: its console reads the width of the terminal when it is imported.
for package in ("torch", "monitor.embedded", "monitor.store.revisions", "monitor.stream.worker"):
    import_module(package)

load_matcher(EnrichSettings()).find("")  # the first search also prepares the one for misspellings
