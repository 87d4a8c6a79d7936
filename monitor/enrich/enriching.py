"""What is found out about scored posts: drugs, their links to effects, facts, and keys of copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.enrich.copies import copy_keys
from monitor.enrich.drug_links import link_drugs
from monitor.enrich.drugs import DrugMatcher, load_matcher
from monitor.enrich.facts import read_facts
from monitor.enrich.minimum_criteria import missing_criteria
from monitor.findings import Findings
from monitor.records import ScoredPost
from monitor.settings import EnrichSettings


class Enricher:
    """Adds findings to scored posts. It needs no database, and the same post always has the same findings.

    Of posts without an effect, only the drugs are found: they are counted.

    Args:
        settings: the drugs, and whether copies are recognized.

    Raises:
        SettingsError: the file of drugs cannot be read.
    """

    def __init__(self, settings: EnrichSettings) -> None:
        self._matcher = load_matcher(settings) if settings.enabled else None
        if self._matcher is not None:
            self._matcher.find("")  # builds the search for misspellings now, not with the first post
        self._finds_copies = settings.duplicates

    def enrich(self, scored: Sequence[ScoredPost]) -> tuple[ScoredPost, ...]:
        """Return the posts with their findings, in the same order."""
        matcher = self._matcher
        if matcher is None:
            return tuple(scored)
        return tuple(replace(row, findings=self._findings(row, matcher)) for row in scored)

    def _findings(self, row: ScoredPost, matcher: DrugMatcher) -> Findings:
        post = row.received.post
        if row.prediction.label != "ADE":
            return Findings(tuple(matcher.find(post.text)))
        drugs = matcher.find_in_post(post)
        mentions = row.prediction.mentions
        links = link_drugs(post, drugs, mentions)
        facts = read_facts(post.text)
        return Findings(
            drugs,
            links,
            facts,
            copy_keys(post.text, drugs) if self._finds_copies else (),
            missing_criteria(post, has_drug=bool(links), has_effect=bool(mentions), facts=facts),
        )
