"""What the worker finds out about a post before it is scored: its language."""

from monitor.enrich.language import LanguageDetector, LanguageFilter, wanted_languages

__all__ = ["LanguageDetector", "LanguageFilter", "wanted_languages"]
