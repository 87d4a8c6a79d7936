"""What a prepared interpreter has loaded: the packages of a worker, and the names of the drugs."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from py3langid import langid

from monitor.enrich.drugs import load_matcher
from monitor.settings import EnrichSettings

# Not `monitor.cli`: its console reads the width of the terminal when it is imported.
for package in ("torch", "monitor.embedded", "monitor.store.revisions", "monitor.stream.worker"):
    import_module(package)

# Each worker reads the model of the languages, which takes a second; now it finds this one.
langid.LanguageIdentifier.from_model_file = cache(langid.LanguageIdentifier.from_model_file)
langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)

load_matcher(EnrichSettings()).find("")  # the first search also prepares the one for misspellings
